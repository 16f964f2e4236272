// node read.mjs ROOT.pem FILE...: what c2pa-ts (TypeScript, its own implementation) and c2pa-wasm (c2pa-rs in WebAssembly, with
// the given root as its only anchor) read in each file, a JSON object a line. benchmarks/marks/readers_elsewhere.py compares.
// npm install --ignore-scripts, once. The root is the last certificate of keys/signing.pem.
import fs from 'node:fs';
import { createRequire } from 'node:module';
import init, { WasmReader } from '@contentauth/c2pa-wasm';
import { JPEG, PNG } from '@trustnxt/c2pa-ts/asset';
import { SuperBox } from '@trustnxt/c2pa-ts/jumbf';
import { ManifestStore, ValidationResult } from '@trustnxt/c2pa-ts/manifest';

const [root, ...files] = process.argv.slice(2);
const anchors = fs.readFileSync(root, 'utf8').split(/(?=-----BEGIN CERTIFICATE)/).pop();
const wasm = createRequire(import.meta.url).resolve('@contentauth/c2pa-wasm/c2pa.wasm');
await init({ module_or_path: fs.readFileSync(wasm) });
const settings = JSON.stringify({ verify: { verify_trust: true }, trust: { trust_anchors: anchors } });
const urn = (url) => (url ? url.slice(url.indexOf('urn:')).split('/')[0] : '');

// c2pa-ts knows no WebP: the manifest lies in a chunk of RIFF that is called C2PA, all else is its own.
class WebP {
  constructor(data) { this.data = data; this.mimeType = 'image/webp'; }
  getDataLength() { return this.data.length; }
  async getDataRange(start = 0, length) { return this.data.subarray(start, length === undefined ? undefined : start + length); }
  getManifestJUMBF() {
    for (let at = 12; at + 8 <= this.data.length;) {
      const size = this.data.readUInt32LE(at + 4);
      if (this.data.toString('latin1', at, at + 4) === 'C2PA') return this.data.subarray(at + 8, at + 8 + size);
      at += 8 + size + (size % 2);
    }
    return undefined;
  }
}

async function typescript(data) {
  const Kind = JPEG.canRead(data) ? JPEG : PNG.canRead(data) ? PNG : WebP;
  const asset = new Kind(data);
  try {
    const store = ManifestStore.read(SuperBox.fromBuffer(asset.getManifestJUMBF()));
    const result = await store.validate(asset);
    const manifests = store.manifests.map((one) => {
      const assertions = one.assertions.assertions;
      return {
        label: one.label,
        actions: assertions.flatMap((each) => each.actions ?? []).map((each) => [each.action, each.digitalSourceType ?? '']),
        ingredients: assertions.filter((each) => each.relationship).map((each) => [each.relationship, urn(each.activeManifest?.uri)]),
      };
    });
    return { valid: result.isValid, failures: result.statusEntries.filter((one) => !one.success).map((one) => one.code), manifests };
  } catch (error) {
    return { valid: false, failures: ValidationResult.fromError(error).statusEntries.map((one) => one.code), manifests: [] };
  }
}

async function webassembly(data) {
  const type = data[0] === 0x89 ? 'image/png' : data[0] === 0xff ? 'image/jpeg' : 'image/webp';
  const report = JSON.parse((await WasmReader.fromBytes(type, new Uint8Array(data), settings)).json());
  const manifests = Object.entries(report.manifests).map(([label, one]) => ({
    label,
    actions: one.assertions.filter((each) => each.label.startsWith('c2pa.actions'))
      .flatMap((each) => each.data.actions.map((action) => [action.action, action.digitalSourceType ?? ''])),
    ingredients: (one.ingredients ?? []).map((each) => [each.relationship, each.active_manifest ?? '']),
  }));
  const failures = report.validation_results.activeManifest.failure.map((one) => one.code);
  return { valid: report.validation_state === 'Trusted', failures, manifests };
}

for (const file of files) {
  const data = fs.readFileSync(file);
  console.log(JSON.stringify({ file, readers: { 'c2pa-ts': await typescript(data), 'c2pa-wasm': await webassembly(data) } }));
}
