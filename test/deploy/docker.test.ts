// The image and the compose file, as far as they can be held to the repository without an engine that builds them.
import { existsSync, globSync } from "node:fs";
import { join, relative } from "node:path";
import { parse } from "smol-toml";
import { expect, test } from "vitest";
import { schema } from "../../src/config/settings.ts";
import { deploy, document, read, root } from "./files.ts";

const dockerfile = read("docker/Dockerfile").replaceAll("\\\n", " ");
const settings = parse(read("docker/corral.toml"));

/** The arguments of every instruction of a name, in order. */
function instructions(name: string): string[] {
  return [...dockerfile.matchAll(new RegExp(`^${name} +(.+)$`, "gm"))].map(([, args = ""]) => args.trim());
}

/** What the image takes from the repository. */
function sources(): string[] {
  return instructions("COPY")
    .filter((args) => !args.startsWith("--from="))
    .flatMap((args) => args.split(" ").slice(0, -1));
}

test("everything that the image takes is there, and the build is shown that and nothing else", () => {
  for (const source of sources()) expect(existsSync(join(root, source)), source).toBe(true);
  const lines = read("docker/Dockerfile.dockerignore").split("\n");
  const [first, ...shown] = lines.filter((line) => line !== "" && !line.startsWith("#"));
  expect(first).toBe("*");
  expect(shown.sort()).toEqual(
    sources()
      .map((source) => `!${source}`)
      .sort(),
  );
});

test("the build has all that compiling takes: the sources lead nowhere else", () => {
  const { scripts } = JSON.parse(read("../package.json"));
  expect(scripts.build).toContain("tsc -p tsconfig.build.json");
  for (const config of globSync("tsconfig*.json", { cwd: root })) expect(sources()).toContain(config);
});

test("the image runs as nobody, keeps its data on a volume, and stops in order", () => {
  const [user = ""] = instructions("USER");
  expect(user).toBe("65532:65532");
  expect(dockerfile.lastIndexOf("\nUSER ")).toBeGreaterThan(dockerfile.lastIndexOf("\nRUN "));
  expect(instructions("VOLUME")).toEqual([settings["data_dir"]]);
  expect(instructions("STOPSIGNAL")).toEqual(["SIGTERM"]);
  // Its major version of Node is the one that is tested.
  const { devDependencies } = JSON.parse(read("../package.json"));
  const major = devDependencies.node.split(".")[0];
  for (const from of instructions("FROM")) expect(from).toMatch(new RegExp(`^node:${major}-slim`));
});

test("it shows the ports that the server listens on, on all of its addresses", () => {
  expect(settings).toMatchObject({ host: "0.0.0.0", port: schema.port.default, http_host: "0.0.0.0" });
  expect(instructions("EXPOSE")).toEqual([`${settings["port"]} ${settings["http_port"]}`]);
  expect(dockerfile).toContain(`http://127.0.0.1:${settings["http_port"]}/readyz`);
});

test("what compose mounts is in the repository, and it publishes ports for this machine alone", () => {
  interface Service {
    readonly ports: readonly string[];
    readonly volumes: readonly string[];
    readonly profiles?: readonly string[];
    readonly build?: { readonly context: string; readonly dockerfile: string };
  }
  const compose = document<{ services: Record<string, Service>; volumes: object }>("docker/compose.yaml");
  const here = join(deploy, "docker");
  for (const { ports, volumes } of Object.values(compose.services)) {
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/);
    for (const volume of volumes) {
      const [from = ""] = volume.split(":");
      if (from.startsWith(".")) expect(existsSync(join(here, from)), from).toBe(true);
      else expect(Object.keys(compose.volumes)).toContain(from);
    }
  }
  const { corral, ...others } = compose.services;
  expect(relative(root, join(here, corral!.build!.context))).toBe("");
  expect(existsSync(join(root, corral!.build!.dockerfile))).toBe(true);
  for (const { profiles } of Object.values(others)) expect(profiles).toEqual(["monitoring"]);
});
