// The package as npm packs it, in an empty folder: the client that programs import, and the command.
import { execFileSync, spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import * as client from "../../src/client/index.ts";
import { read } from "../deploy/files.ts";
import { freePort, running, settingsFile } from "../deploy/running-server.ts";
import { lazyFolder, temporaryFolder } from "./programs.ts";
import { root } from "./server-process.ts";

const tsc = join(root, "node_modules/.bin/tsc");

const lazily = lazyFolder("corral-package-");

/** Packs and installs it once, and answers the folder. What it depends on is what is installed here. */
function install(): string {
  const folder = lazily();
  if (existsSync(join(folder, "node_modules"))) return folder;
  const source = temporaryFolder();
  execFileSync(tsc, ["-p", "tsconfig.build.json", "--outDir", join(source, "dist")], { cwd: root });
  cpSync(join(root, "gen/ts"), join(source, "dist/gen/ts"), { recursive: true });
  for (const name of ["package.json", "gen/ts", "proto"])
    cpSync(join(root, name), join(source, name), { recursive: true });
  const packed = execFileSync("npm", ["pack", "--json", "--pack-destination", source, source]);
  const [{ filename }] = JSON.parse(packed.toString());
  const installed = join(folder, "node_modules/corral");
  mkdirSync(installed, { recursive: true });
  execFileSync("tar", ["-xzf", join(source, filename), "-C", installed, "--strip-components=1"]);
  for (const name of readdirSync(join(root, "node_modules")))
    symlinkSync(join(root, "node_modules", name), join(folder, "node_modules", name));
  return folder;
}

test("its main export is the client, with types, and needs no server", () => {
  const folder = install();
  const program = 'import * as corral from "corral"; console.log(JSON.stringify(Object.keys(corral)))';
  const output = execFileSync(process.execPath, ["--input-type=module", "-e", program], { cwd: folder });
  expect(JSON.parse(output.toString())).toEqual(Object.keys(client).sort());

  writeFileSync(join(folder, "user.mts"), examplesOfTheDocument());
  const options = ["--module", "nodenext", "--target", "es2024", "--lib", "es2025,esnext.disposable"];
  const args = [...options, "--types", "node", "--noEmit", "--strict", "user.mts"];
  const { stdout } = spawnSync(tsc, args, { cwd: folder, encoding: "utf8" });
  expect(stdout).toBe("");
}, 120_000);

test("its command runs from dist: a server in the background, and a verb that asks it", () => {
  const folder = install();
  const { bin } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const main = join(folder, "node_modules/corral", bin.corral);
  const env = { XDG_CONFIG_HOME: temporaryFolder(), CORRAL_HTTP_PORT: "0" };
  const corral = (...args: string[]) =>
    execFileSync(process.execPath, [main, ...args], { cwd: folder, env, encoding: "utf8" });
  const data = ["--data-dir", temporaryFolder()];
  const started = corral("server", "start", "--port", "0", ...data);
  try {
    const [, address = ""] = /listening on (\S+),/.exec(started)!;
    expect(corral("create", "/sl", "20", "--endpoint", address)).toBe("/sl\n");
    expect(corral("get", "/sl", "--endpoint", address)).toBe("20\n");
  } finally {
    expect(corral("server", "stop", ...data)).toMatch(/^stopped: process \d+$/m);
  }
}, 120_000);

test("it serves with the settings of the image and of the unit, is found well by the image's check, and stops with 0", async () => {
  const folder = install();
  const { bin } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const main = join(folder, "node_modules/corral", bin.corral);
  for (const settings of ["docker/corral.toml", "systemd/corral.toml"]) {
    const own = temporaryFolder();
    const http = await freePort();
    const config = settingsFile(settings, own, { http });
    // As a user without a home, in the directory of the data, and with what the image and the unit say: no more.
    const env = { CORRAL_CONFIG: config, NODE_ENV: "production", HOME: "/nonexistent", TMPDIR: own };
    const server = await running([process.execPath, main, "serve"], { env, cwd: own });
    const isWell = () => spawnSync(process.execPath, healthCheck(http), { env }).status;
    expect(isWell()).toBe(0);
    const endpoint = server.address.replace("0.0.0.0", "127.0.0.1");
    const answer = execFileSync(process.execPath, [main, "create", "/sl", "20", "--endpoint", endpoint], {
      env,
    });
    expect(answer.toString()).toBe("/sl\n");
    expect(await server.stop()).toBe(0);
    expect(isWell()).toBe(1);
  }
}, 120_000);

/** What the image does to see whether it is well, as arguments of Node, at another port. */
function healthCheck(port: number): string[] {
  const dockerfile = read("docker/Dockerfile").replaceAll("\\\n", " ");
  const [, command = ""] = /^HEALTHCHECK .* CMD (\[.*\])$/m.exec(dockerfile)!;
  const [node, ...args]: string[] = JSON.parse(command);
  expect(node).toBe("node");
  return args.map((arg) => arg.replace(":7180", `:${port}`));
}

/** Every piece of code in docs/client.md, one after the other. */
function examplesOfTheDocument(): string {
  const text = readFileSync(join(root, "docs/client.md"), "utf8");
  return [...text.matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(([, code = ""]) => code).join("\n");
}
