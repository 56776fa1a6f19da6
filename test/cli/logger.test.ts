import { expect, test } from "vitest";
import { createLogger, type LoggerChoice, readable } from "../../src/ops/logger.ts";

function logged(level: LoggerChoice["level"]) {
  const lines: string[] = [];
  return { lines, log: createLogger({ level, to: { write: (line) => void lines.push(line) } }) };
}

test("a line is JSON: time in ISO 8601, level as a word, the fields, the message, and nothing of the machine", () => {
  const { lines, log } = logged("info");
  log.warn({ session: 7, path: "/a" }, "session expired");
  expect(lines).toHaveLength(1);
  const { time, ...rest } = JSON.parse(lines[0]!);
  expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  expect(rest).toEqual({ level: "warn", session: 7, path: "/a", msg: "session expired" });
});

test("only what is as severe as the level, or more, is written", () => {
  const { lines, log } = logged("warn");
  log.debug({}, "a");
  log.info({}, "b");
  log.warn({}, "c");
  log.error({}, "d");
  log.fatal({}, "e");
  expect(lines.map((line) => JSON.parse(line).msg)).toEqual(["c", "d", "e"]);
});

test("the level may change at any time", () => {
  const { lines, log } = logged("info");
  log.debug({}, "a");
  log.level = "debug";
  log.debug({}, "b");
  log.level = "error";
  log.warn({}, "c");
  expect(lines.map((line) => JSON.parse(line).msg)).toEqual(["b"]);
  expect(log.level).toBe("error");
});

test("an error is written with its stack; what must never be logged is blanked", () => {
  const { lines, log } = logged("debug");
  log.error({ err: new Error("boom"), token: "1.abc", data: "payload" }, "x");
  const line = JSON.parse(lines[0]!);
  expect(line.err).toMatchObject({ type: "Error", message: "boom" });
  expect(line.err.stack).toContain("logger.test.ts");
  expect(lines[0]).not.toMatch(/abc|payload/);
});

test("a terminal gets text, in which a hostile path stays on its line", () => {
  const { lines, log } = logged("info");
  log.info({ path: "/a\n\u001b[2J" }, "created");
  const text = readable(lines[0]!);
  expect(text).toMatch(/^\d\d:\d\d:\d\d\.\d{3} INFO {2}created path="\/a\\n\\u001b\[2J"\n$/);
});
