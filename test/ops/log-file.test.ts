import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openLogFile } from "../../src/ops/log-file.ts";
import { tempDir } from "../cli/load.ts";

test("a log is appended to, for its owner alone", () => {
  const path = join(tempDir(), "corral.log");
  openLogFile(path).write("one\n");
  openLogFile(path).write("two\n");
  expect(readFileSync(path, "utf8")).toBe("one\ntwo\n");
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test("a full log begins anew, and the one from before is kept beside it", () => {
  const path = join(tempDir(), "corral.log");
  const log = openLogFile(path, 10);
  for (const line of ["11111\n", "2222\n", "3333\n", "444444444444\n", "5\n"]) {
    log.write(line);
    expect(statSync(path).size).toBeLessThanOrEqual(13);
  }
  expect(readFileSync(path, "utf8")).toBe("5\n");
  expect(readFileSync(`${path}.1`, "utf8")).toBe("444444444444\n");
});

test("what was written by others through the same file counts, and goes on in it", () => {
  const path = join(tempDir(), "corral.log");
  const log = openLogFile(path, 10);
  writeFileSync(path, "a fatal error\n", { flag: "a" });
  log.write("1\n");
  writeFileSync(path, "2\n", { flag: "a" });
  expect(readFileSync(path, "utf8")).toBe("1\n2\n");
});

test("lines that cannot be written are lost, and nothing else", () => {
  expect(() => openLogFile("/dev/full").write("one\n")).not.toThrow();
});
