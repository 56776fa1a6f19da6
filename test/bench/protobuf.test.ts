import { create, toBinary } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { field, hasField } from "../../bench/servers/protobuf.ts";
import { SetRequestSchema } from "../../gen/ts/corral/v1/node_pb.js";
import { WatchResponseSchema } from "../../gen/ts/corral/v1/watch_pb.js";

test("fields are encoded as the generated code does", () => {
  const path = "/p".repeat(200);
  const data = Buffer.from("data");
  const version = 300;
  expect(Buffer.concat([field(1, path), field(2, data), field(4, version)])).toEqual(
    Buffer.from(toBinary(SetRequestSchema, create(SetRequestSchema, { path, data, version }))),
  );
});

test("a field is found among others, and missed where it is not", () => {
  const added = { watchId: 1n, zxid: 2n ** 50n };
  const message = toBinary(
    WatchResponseSchema,
    create(WatchResponseSchema, { added: [added, added], bookmark: { zxid: 7n } }),
  );
  expect([1, 2, 3, 4].map((number) => hasField(message, number))).toEqual([true, false, false, true]);
});
