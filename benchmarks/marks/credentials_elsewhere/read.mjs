// node read.mjs ROOT.pem FILE...: what c2pa-ts (TypeScript, its own implementation; PNG and JPEG) and c2pa-wasm (c2pa-rs in
// WebAssembly, with the given root as its only anchor) say of each file. Exit code 1 if either finds a fault.
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

async function typescript(data) {
  const asset = JPEG.canRead(data) ? new JPEG(data) : PNG.canRead(data) ? new PNG(data) : null;
  if (!asset) return 'not read';
  try {
    const result = await ManifestStore.read(SuperBox.fromBuffer(asset.getManifestJUMBF())).validate(asset);
    return result.isValid ? 'valid' : `invalid: ${result.statusEntries.filter((one) => !one.success).map((one) => one.code)}`;
  } catch (error) {
    return `invalid: ${ValidationResult.fromError(error).statusEntries.map((one) => one.code)}`;
  }
}

async function webassembly(data) {
  const type = data[0] === 0x89 ? 'image/png' : data[0] === 0xff ? 'image/jpeg' : 'image/webp';
  const report = JSON.parse((await WasmReader.fromBytes(type, new Uint8Array(data), settings)).json());
  const codes = report.validation_results.activeManifest.failure.map((one) => one.code);
  return [report.validation_state.toLowerCase(), ...codes].join(' ');
}

let faults = 0;
for (const file of files) {
  const data = fs.readFileSync(file);
  const said = [await typescript(data), await webassembly(data)];
  faults += said[0].startsWith('invalid') || !said[1].startsWith('trusted');
  console.log(`${file}: c2pa-ts ${said[0]}; c2pa-wasm ${said[1]}`);
}
process.exit(faults ? 1 : 0);
