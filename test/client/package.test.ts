import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import * as client from "../../src/client/index.ts";
import { temporaryFolder } from "../story/programs.ts";
import { root } from "../story/server-process.ts";

test("the package's main export is the client, with types, and needs no server", () => {
  const folder = temporaryFolder();
  const modules = join(folder, "node_modules");
  const built = join(modules, "corral");
  mkdirSync(built, { recursive: true });
  const tsc = join(root, "node_modules/.bin/tsc");
  execFileSync(tsc, ["-p", "tsconfig.build.json", "--outDir", join(built, "dist")], { cwd: root });
  cpSync(join(root, "gen/ts"), join(built, "dist/gen/ts"), { recursive: true });
  cpSync(join(root, "package.json"), join(built, "package.json"));
  for (const name of ["@bufbuild", "@grpc", "@types"])
    symlinkSync(join(root, "node_modules", name), join(modules, name));

  const program = 'import * as corral from "corral"; console.log(JSON.stringify(Object.keys(corral)))';
  const output = execFileSync(process.execPath, ["--input-type=module", "-e", program], { cwd: folder });
  expect(JSON.parse(output.toString())).toEqual(Object.keys(client).sort());

  writeFileSync(join(folder, "user.mts"), examplesOfTheDocument());
  const options = ["--module", "nodenext", "--target", "es2024", "--lib", "es2025,esnext.disposable"];
  const args = [...options, "--types", "node", "--noEmit", "--strict", "user.mts"];
  const { stdout } = spawnSync(tsc, args, { cwd: folder, encoding: "utf8" });
  expect(stdout).toBe("");
}, 120_000);

/** Every piece of code in docs/client.md, one after the other. */
function examplesOfTheDocument(): string {
  const text = readFileSync(join(root, "docs/client.md"), "utf8");
  return [...text.matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(([, code = ""]) => code).join("\n");
}
