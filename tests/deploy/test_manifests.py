"""What deploy/ says to containers and clusters is well formed, locked down, and names what there is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from studio.settings import Settings
from tests.sources import ROOT

DEPLOY = ROOT / "deploy"
SECRETS = {"store"}
RULES = {"min_replicas", "max_replicas", "target_ongoing_requests", "upscale_delay_s", "downscale_delay_s"}


def read(name: str) -> Any:
    return yaml.safe_load((DEPLOY / name).read_text("utf-8"))


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return dict(read("compose.yaml"))


@pytest.fixture(scope="module")
def ray_service() -> dict[str, Any]:
    return dict(read("rayservice.yaml"))


def templates(ray_service: dict[str, Any]) -> list[dict[str, Any]]:
    cluster = ray_service["spec"]["rayClusterConfig"]
    return [cluster["headGroupSpec"]["template"], *(group["template"] for group in cluster["workerGroupSpecs"])]


def test_compose_is_valid_by_its_specification() -> None:
    pytest.importorskip("check_jsonschema", reason="requirements-dev.txt")
    command = ["-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(DEPLOY / "compose.yaml")]
    done = subprocess.run([sys.executable, *command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_every_service_is_locked_down(compose: dict[str, Any]) -> None:
    assert set(compose["services"]) == {"studio", "postgres", "prometheus", "grafana"}
    for name, service in compose["services"].items():
        assert service["read_only"] is True and service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        # Only to this machine: a proxy with TLS goes before it.
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ())), name
        image = service["image"]
        assert "build" in service or image.rpartition(":")[2] not in ("", "latest", image), name
    assert compose["services"]["studio"]["user"] == "10001:10001"
    assert compose["networks"]["inside"] == {"internal": True}


def test_every_file_that_compose_mounts_is_here(compose: dict[str, Any]) -> None:
    mounted = [
        volume.split(":")[0]
        for service in compose["services"].values()
        for volume in service.get("volumes", ())
        if volume.startswith("./")
    ]
    assert len(mounted) == 4 and all((DEPLOY / name).is_file() for name in mounted)
    named = {volume.split(":")[0] for service in compose["services"].values() for volume in service.get("volumes", ())}
    assert compose["volumes"].keys() <= named


def test_the_settings_of_the_studio_are_read_and_every_one_counts(compose: dict[str, Any], tmp_path: Path) -> None:
    environment = compose["services"]["studio"]["environment"]
    secret = "postgresql://safelight:secret@postgres/safelight"
    given = {**environment, "SAFELIGHT_STORE": secret, "SAFELIGHT_NAMES": "studio", "SAFELIGHT_PROXIES": ""}
    settings = Settings.read({**given, "SAFELIGHT_HOME": str(tmp_path)})
    assert (settings.store, settings.names, settings.log) == (secret, ("studio",), "json")
    assert environment["SAFELIGHT_STORE"].startswith("postgresql://safelight:${SAFELIGHT_POSTGRES_PASSWORD:?")


def test_prometheus_reads_the_studio_with_a_key_and_the_dashboard_is_mounted(compose: dict[str, Any]) -> None:
    (job,) = read("prometheus.yaml")["scrape_configs"]
    assert job["metrics_path"] == "/metrics" and job["static_configs"] == [{"targets": ["studio:7860"]}]
    assert job["authorization"]["credentials_file"] == "/run/secrets/metrics_key"
    assert compose["services"]["prometheus"]["secrets"] == ["metrics_key"]
    (provider,) = read("grafana-dashboards.yaml")["providers"]
    mounted = [volume.split(":")[1] for volume in compose["services"]["grafana"]["volumes"]]
    assert f"{provider['options']['path']}/safelight.json" in mounted
    assert read("grafana-sources.yaml")["datasources"][0]["url"] == "http://prometheus:9090"


def test_every_node_is_a_pod_that_kubernetes_takes(ray_service: dict[str, Any]) -> None:
    kubernetes_validate = pytest.importorskip("kubernetes_validate", reason="requirements-dev.txt")
    for number, template in enumerate(templates(ray_service)):
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": f"node-{number}"}, **template}
        kubernetes_validate.validate(pod, kubernetes_validate.latest_version(), strict=True)


def test_every_node_is_locked_down(ray_service: dict[str, Any]) -> None:
    assert (ray_service["apiVersion"], ray_service["kind"]) == ("ray.io/v1", "RayService")
    for template in templates(ray_service):
        pod = template["spec"]
        assert pod["automountServiceAccountToken"] is False
        assert pod["securityContext"]["runAsNonRoot"] is True and pod["securityContext"]["runAsUser"] == 10001
        for container in pod["containers"]:
            locked = container["securityContext"]
            assert locked["readOnlyRootFilesystem"] is True and locked["allowPrivilegeEscalation"] is False
            assert locked["capabilities"] == {"drop": ["ALL"]}
            assert {mount["name"] for mount in container["volumeMounts"]} == {each["name"] for each in pod["volumes"]}
            wanted = {each["valueFrom"]["secretKeyRef"]["key"] for each in container["env"] if "valueFrom" in each}
            assert wanted == SECRETS


def deployments(ray_service: dict[str, Any]) -> dict[str, dict[str, Any]]:
    (application,) = yaml.safe_load(ray_service["spec"]["serveConfigV2"])["applications"]
    return {each["name"]: each for each in application["deployments"]}


def test_every_deployment_is_scaled_by_rules(ray_service: dict[str, Any]) -> None:
    rules = {name: each["autoscaling_config"] for name, each in deployments(ray_service).items()}
    for name, rule in rules.items():
        assert set(rule) == RULES, name
        # What runs needs no GPU: two of it, so that one may go. Replicas come sooner than they go.
        assert rule["min_replicas"] == (1 if name == "generator" else 2) < rule["max_replicas"], name
        assert 0 < rule["upscale_delay_s"] * 10 <= rule["downscale_delay_s"], name
    # A generator loads its model for minutes: it comes and goes more slowly than the rest.
    assert all(rules["generator"][each] > rules["marks"][each] for each in ("upscale_delay_s", "downscale_delay_s"))


@pytest.mark.parametrize(
    ("name", "most"),
    [pytest.param("prompt-guard", 0.8, id="prompts"), pytest.param("marks", 0.8, id="marks")],
)
def test_the_target_of_what_works_one_at_a_time_leaves_it_idle_time(
    ray_service: dict[str, Any], name: str, most: float
) -> None:
    """Pollaczek and Khinchine, of a service that always takes as long: L = r + r^2 / (2 (1 - r)), solved for r."""
    ongoing = deployments(ray_service)[name]["autoscaling_config"]["target_ongoing_requests"]
    busy = 1 + ongoing - (1 + ongoing**2) ** 0.5
    assert busy + busy**2 / (2 * (1 - busy)) == pytest.approx(ongoing)
    assert 0.5 < busy <= most


def test_the_smallest_and_the_largest_number_of_replicas_find_room_on_the_nodes(ray_service: dict[str, Any]) -> None:
    groups = {group["groupName"]: group for group in ray_service["spec"]["rayClusterConfig"]["workerGroupSpecs"]}
    (node,) = groups["cpu"]["template"]["spec"]["containers"]
    cores = int(node["resources"]["requests"]["cpu"])
    rules = {name: each["autoscaling_config"] for name, each in deployments(ray_service).items()}
    drawing = rules.pop("generator")
    for kind, number in (("min_replicas", "minReplicas"), ("max_replicas", "maxReplicas")):
        assert sum(rule[kind] for rule in rules.values()) <= cores * groups["cpu"][number], kind
        assert drawing[kind] <= groups["gpu"][number], kind


@pytest.mark.ray
def test_more_replicas_come_before_those_there_are_take_no_more(ray_service: dict[str, Any]) -> None:
    pytest.importorskip("ray.serve", reason="the extra `serve`")
    from deploy import serve

    parts = {
        part.name: part for part in (serve.Ingress, serve.PromptGuard, serve.PictureGuard, serve.Drawing, serve.Marking)
    }
    given = deployments(ray_service)
    assert set(given) == set(parts)
    for name, part in parts.items():
        config = part._deployment_config
        assert given[name]["autoscaling_config"]["target_ongoing_requests"] <= config.max_ongoing_requests / 2, name
        # What a replica has begun is ended, however long a request may take.
        assert config.graceful_shutdown_timeout_s == serve.DRAIN > serve.SECONDS, name


@pytest.mark.ray
def test_serve_takes_the_configuration_and_knows_every_deployment(ray_service: dict[str, Any]) -> None:
    schema = pytest.importorskip("ray.serve.schema", reason="the extra `serve`")
    from deploy import serve

    config = schema.ServeDeploySchema.model_validate(yaml.safe_load(ray_service["spec"]["serveConfigV2"]))
    (application,) = config.applications
    assert application.import_path == "deploy.serve:application"
    names = {serve.INGRESS, serve.PROMPTS, serve.PICTURES, serve.GENERATOR, serve.MARKS}
    assert {deployment.name for deployment in application.deployments} == names
