// The manifests: that their parts find each other, that what they say of the server is so, and that no part of the
// hardening got lost. Their schema was checked with kubernetes-validate; that is too large to bring along.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { parse } from "smol-toml";
import { expect, test } from "vitest";
import { Coordination } from "../../gen/ts/corral/v1/coordination_pb.js";
import { namesOf, type SettingName, schema } from "../../src/config/settings.ts";
import { deploy, document, documents, read } from "./files.ts";

interface Labels {
  readonly [name: string]: string;
}
interface Meta {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: Labels };
}
interface Probe {
  readonly httpGet?: { readonly path: string; readonly port: string };
  readonly grpc?: { readonly port: number; readonly service: string };
}
interface Container {
  readonly image: string;
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
  readonly startupProbe: Probe;
  readonly readinessProbe: Probe;
  readonly livenessProbe: Probe;
  readonly securityContext: object;
  readonly resources: { readonly requests: Labels; readonly limits: Labels };
}
interface StatefulSet extends Meta {
  readonly spec: {
    readonly serviceName: string;
    readonly replicas: number;
    readonly selector: { readonly matchLabels: Labels };
    readonly template: {
      readonly metadata: { readonly labels: Labels };
      readonly spec: {
        readonly terminationGracePeriodSeconds: number;
        readonly securityContext: Readonly<Record<string, unknown>>;
        readonly containers: readonly [Container];
        readonly volumes: readonly {
          readonly name: string;
          readonly configMap?: { readonly name: string };
        }[];
      };
    };
    readonly volumeClaimTemplates: readonly { readonly metadata: { readonly name: string } }[];
  };
}
interface Service extends Meta {
  readonly spec: {
    readonly selector: Labels;
    readonly clusterIP?: string;
    readonly ports: readonly { readonly name: string; readonly port: number; readonly targetPort: string }[];
  };
}
interface Kustomization {
  readonly resources: readonly string[];
  readonly images: readonly { readonly name: string }[];
  readonly configMapGenerator: readonly [{ readonly name: string; readonly files: readonly string[] }];
}

const folder = "kubernetes";
const set = document<StatefulSet>(`${folder}/statefulset.yaml`);
const services = documents<Service>(`${folder}/services.yaml`);
const kustomization = document<Kustomization>(`${folder}/kustomization.yaml`);
const settings = parse(read(`${folder}/corral.toml`));
const pod = set.spec.template.spec;
const [container] = pod.containers;
const ports = new Map(container.ports.map(({ name, containerPort }) => [name, containerPort]));

/** A setting of the pod: that of its file, or the default. */
function setting(name: SettingName): unknown {
  return settings[namesOf(name).key] ?? schema[name].default;
}

test("kustomize is told of every manifest, and of none that is missing", () => {
  for (const name of kustomization.resources) expect(existsSync(join(deploy, folder, name)), name).toBe(true);
  expect(kustomization.resources).toContain("statefulset.yaml");
  const component = document<Kustomization>(`${folder}/monitoring/kustomization.yaml`);
  for (const name of component.resources)
    expect(existsSync(join(deploy, folder, "monitoring", name))).toBe(true);
});

test("there is one server, and everything that selects pods selects it and nothing else", () => {
  expect(set.spec.replicas).toBe(1);
  const { labels } = set.spec.template.metadata;
  expect(set.spec.selector.matchLabels).toEqual(labels);
  for (const { spec } of services) expect(spec.selector).toEqual(labels);
  const budget = document<{ spec: StatefulSet["spec"] }>(`${folder}/disruption-budget.yaml`);
  expect(budget.spec.selector.matchLabels).toEqual(labels);
  const policy = document<{ spec: { podSelector: { matchLabels: Labels } } }>(
    `${folder}/network-policy.yaml`,
  );
  expect(policy.spec.podSelector.matchLabels).toEqual(labels);
});

test("the set's own service exists and is headless; the one for clients shows gRPC alone", () => {
  const headless = services.find(({ metadata }) => metadata.name === set.spec.serviceName);
  expect(headless?.spec.clusterIP).toBe("None");
  const client = services.find(({ metadata }) => metadata.name === "corral");
  expect(client?.spec.ports.map(({ port }) => port)).toEqual([schema.port.default]);
});

test("each named port is one of the container's, with the number that the server listens on", () => {
  expect(Object.fromEntries(ports)).toMatchObject({
    grpc: setting("port"),
    health: setting("healthPort"),
  });
  for (const { spec } of services)
    for (const { port, targetPort } of spec.ports) expect(ports.get(targetPort)).toBe(port);
  interface Rule {
    readonly ports: readonly { readonly port: string }[];
  }
  const policy = document<{ spec: { ingress: Rule[] } }>(`${folder}/network-policy.yaml`);
  for (const rule of policy.spec.ingress)
    for (const { port } of rule.ports) expect([...ports.keys()]).toContain(port);
});

test("Prometheus scrapes the server once, by a port that one service alone has", () => {
  const monitor = document<{
    spec: { selector: { matchLabels: Labels }; endpoints: { port: string }[] };
  }>(`${folder}/monitoring/service-monitor.yaml`);
  const [endpoint] = monitor.spec.endpoints;
  const scraped = services.filter(
    ({ metadata, spec }) =>
      Object.entries(monitor.spec.selector.matchLabels).every(
        ([key, value]) => metadata.labels?.[key] === value,
      ) && spec.ports.some(({ name }) => name === endpoint?.port),
  );
  expect(scraped.map(({ metadata }) => metadata.name)).toEqual([set.spec.serviceName]);
});

test("probes ask ports that answer in clear, and readiness a service that has a health", () => {
  const { startupProbe, livenessProbe, readinessProbe } = container;
  expect(startupProbe.httpGet).toEqual({ path: "/livez", port: "http" });
  expect(livenessProbe.httpGet).toEqual({ path: "/livez", port: "http" });
  expect(readinessProbe.grpc).toEqual({ port: setting("healthPort"), service: Coordination.typeName });
  expect(setting("healthPort")).toBeGreaterThan(0);
});

test("each mount has its volume, and the data lie where the server looks for them", () => {
  const volumes = [...pod.volumes, ...set.spec.volumeClaimTemplates.map(({ metadata }) => metadata)];
  const mounts = new Map(container.volumeMounts.map(({ name, mountPath }) => [name, mountPath]));
  expect([...mounts.keys()].sort()).toEqual(volumes.map(({ name }) => name).sort());
  expect(mounts.get("data")).toBe(settings["data_dir"]);
  const [generated] = kustomization.configMapGenerator;
  expect(pod.volumes.find(({ name }) => name === "config")?.configMap?.name).toBe(generated.name);
  // The image looks for its settings there.
  expect(read("docker/Dockerfile")).toContain(`CORRAL_CONFIG=${mounts.get("config")}/${generated.files[0]}`);
  expect(kustomization.images.map(({ name }) => name)).toEqual([container.image]);
});

test("the pod asks for nothing that the strictest profile forbids, and keeps its root read-only", () => {
  expect(pod.securityContext).toMatchObject({
    runAsNonRoot: true,
    runAsUser: 65532,
    fsGroup: 65532,
    seccompProfile: { type: "RuntimeDefault" },
  });
  expect(container.securityContext).toEqual({
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ["ALL"] },
  });
  // A stop may wait 5 seconds for calls, and then for the disk.
  expect(pod.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(30);
  expect(container.resources.requests["memory"]).toBe(container.resources.limits["memory"]);
});
