import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { runTool, skipUnless } from "../support/tools.ts";
import { temporaryFolder } from "./programs.ts";
import { root } from "./server-process.ts";

// Each folder of gen/ is installed as a user would, away from this repository.

describe("the TypeScript package", () => {
  test("holds the contract, and loads beside the runtime that it names", () => {
    const folder = temporaryFolder();
    const packed = execFileSync("npm", [
      "pack",
      "--json",
      "--pack-destination",
      folder,
      join(root, "gen/ts"),
    ]);
    const [{ filename }] = JSON.parse(packed.toString());
    const modules = join(folder, "node_modules");
    mkdirSync(modules);
    execFileSync("tar", ["-xzf", join(folder, filename), "-C", folder]);
    cpSync(join(folder, "package"), join(modules, "corral-coordination"), { recursive: true });
    symlinkSync(join(root, "node_modules/@bufbuild"), join(modules, "@bufbuild"));
    const program =
      'import { Coordination } from "corral-coordination/corral/v1/coordination_pb"; console.log(Coordination.typeName)';
    const output = execFileSync(process.execPath, ["--input-type=module", "-e", program], { cwd: folder });
    expect(output.toString()).toBe("corral.v1.Coordination\n");
  });
});

skipUnless("go")("the Go module", () => {
  test("builds with exactly the modules that it names", () => {
    runTool("go", ["build", "-mod=readonly", "./..."], join(root, "gen/go"));
    runTool("go", ["mod", "tidy", "-diff"], join(root, "gen/go"));
  }, 300_000);
});

skipUnless("python")("the Python package", () => {
  test("installs, with its types, and finds the packages that it depends on", () => {
    const folder = temporaryFolder();
    const source = join(folder, "source");
    cpSync(join(root, "gen/python"), source, { recursive: true });
    const install = [
      "-m",
      "pip",
      "install",
      "--quiet",
      "--disable-pip-version-check",
      "--no-deps",
      "--no-index",
    ];
    const site = join(folder, "site");
    runTool("python", [...install, "--no-build-isolation", "--target", site, source], folder);
    const program = [
      `import sys; sys.path.insert(0, ${JSON.stringify(site)})`,
      "import importlib.metadata as metadata, importlib.resources as resources",
      "from pip._vendor.packaging.requirements import Requirement",
      "from corral.v1 import coordination_pb2, coordination_pb2_grpc, errors_pb2",
      "assert coordination_pb2.__file__.startswith(sys.path[0])",
      "assert resources.files('corral').joinpath('py.typed').is_file()",
      "for text in metadata.requires('corral-coordination'):",
      "    need = Requirement(text)",
      "    assert need.specifier.contains(metadata.version(need.name)), text",
      "print(coordination_pb2.DESCRIPTOR.services_by_name['Coordination'].full_name)",
    ].join("\n");
    expect(runTool("python", ["-c", program], folder)).toBe("corral.v1.Coordination\n");
  });
});
