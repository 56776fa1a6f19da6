import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { PipelineOperationSchema } from "../../gen/ts/corral/v1/pipeline_pb.js";
import { Line } from "../../src/grpc/pipeline-line.ts";
import { pipelineSliceBytes, pipelineSliceOperations } from "../../src/limits.ts";

const operation = create(PipelineOperationSchema, {});

function lineThatAnswers(bytes: number): Line {
  const stream = { signal: new AbortController().signal, write: () => {} };
  return new Line(stream, (_operation, { place }) =>
    place.answered({ field: 1, bytes: new Uint8Array(bytes) }),
  );
}

/** How many operations are taken before everybody else has a turn. */
function takenInOneGo(line: Line, what = operation): number {
  let taken = 0;
  for (; line.breath() === undefined; taken++) line.take(what);
  return taken;
}

test("a pipeline lets everybody else have a turn after so many operations, or bytes of answers", async () => {
  const small = lineThatAnswers(1);
  expect(takenInOneGo(small)).toBe(pipelineSliceOperations);
  expect(takenInOneGo(small)).toBe(pipelineSliceOperations);
  expect(takenInOneGo(lineThatAnswers(pipelineSliceBytes))).toBe(1);
});

test("a transaction counts for what it is made of, and a whole subtree for as much as one turn may do", () => {
  const part = { operation: { case: "delete" as const, value: { path: "/a" } } };
  const transact = create(PipelineOperationSchema, {
    operation: { case: "transact", value: { operations: Array(99).fill(part) } },
  });
  expect(takenInOneGo(lineThatAnswers(1), transact)).toBe(pipelineSliceOperations / 100);
  for (const name of ["delete", "setAcl"] as const) {
    const recursive = create(PipelineOperationSchema, {
      operation: { case: name, value: { path: "/a", recursive: true } } as never,
    });
    expect(takenInOneGo(lineThatAnswers(1), recursive)).toBe(1);
  }
});

test("a pipeline tells the budget of each answer, and holds what waits behind a message on its way", () => {
  const sent: (() => void)[] = [];
  const stream = {
    signal: new AbortController().signal,
    write: (_: unknown, taken: () => void) => void sent.push(taken),
  };
  const grown: number[] = [];
  const line = new Line(
    stream,
    (_operation, { place }) => place.answered({ field: 1, bytes: new Uint8Array(100_000) }),
    (bytes) => grown.push(bytes),
  );
  line.take(operation);
  expect([line.heldBytes, line.waitingBytes]).toEqual([100_000, 0]);
  line.flush();
  line.take(operation);
  expect(grown).toEqual([100_000, 100_000]);
  expect([line.heldBytes, line.waitingBytes, line.movedBytes]).toEqual([100_000, 100_000, 100_000]);
  sent[0]!();
  expect([line.heldBytes, line.waitingBytes, line.movedBytes]).toEqual([0, 0, 200_000]);
});
