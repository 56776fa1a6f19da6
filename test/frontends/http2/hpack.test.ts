import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CompressionError, HpackDecoder } from "../../../src/frontends/http2/hpack/decoder.ts";
import { DynamicTable } from "../../../src/frontends/http2/hpack/dynamic-table.ts";
import { encodeHeaders } from "../../../src/frontends/http2/hpack/encoder.ts";

const decoder = (options = {}) => new HpackDecoder({ tableBytes: 4_096, listBytes: 16_384, ...options });
const block = (hex: string) => Buffer.from(hex.replaceAll(" ", ""), "hex");

describe("the examples of RFC 7541, appendix C", () => {
  test("C.3: three requests on one connection, without Huffman", () => {
    const hpack = decoder();
    const first = [":method", "GET", ":scheme", "http", ":path", "/", ":authority", "www.example.com"];
    expect(hpack.decode(block("8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d")).fields).toEqual(first);
    expect(hpack.decode(block("8286 84be 5808 6e6f 2d63 6163 6865")).fields).toEqual([
      ...first,
      "cache-control",
      "no-cache",
    ]);
    const third = "8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65";
    expect(hpack.decode(block(third)).fields).toEqual([
      ...[":method", "GET", ":scheme", "https", ":path", "/index.html", ":authority", "www.example.com"],
      ...["custom-key", "custom-value"],
    ]);
  });

  test("C.4: the same with Huffman", () => {
    const hpack = decoder();
    const first = [":method", "GET", ":scheme", "http", ":path", "/", ":authority", "www.example.com"];
    expect(hpack.decode(block("8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff")).fields).toEqual(first);
    expect(hpack.decode(block("8286 84be 5886 a8eb 1064 9cbf")).fields).toEqual([
      ...first,
      "cache-control",
      "no-cache",
    ]);
  });
});

test("what is encoded is decoded, whatever the names and values", () => {
  const text = fc.string({
    unit: fc.integer({ min: 32, max: 255 }).map((code) => String.fromCharCode(code)),
  });
  fc.assert(
    fc.property(fc.array(fc.tuple(text, text), { maxLength: 20 }), (fields) => {
      expect(decoder({ listBytes: 1e6 }).decode(encodeHeaders(fields)).fields).toEqual(fields.flat());
    }),
  );
});

test("random bytes are a list of fields or a CompressionError, and nothing else", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 5 }), (blocks) => {
      const hpack = decoder();
      try {
        for (const bytes of blocks) expect(hpack.decode(Buffer.from(bytes)).fields.length % 2).toBe(0);
      } catch (error) {
        expect(error).toBeInstanceOf(CompressionError);
      }
    }),
    { numRuns: 2_000 },
  );
});

test.each([
  ["index 0", "80"],
  ["an index beyond both tables", "be"],
  ["an integer without an end", `7f${"ff".repeat(10)}`],
  ["a string that goes on beyond the block", "000561"],
  ["a name without a value", "000161"],
  ["a size update above the limit", "3fe2ff01"],
  ["a size update after a field", "8220"],
  ["padding of Huffman that is not all ones", "00 01 61 81 18"],
  ["EOS inside a string", "00 01 61 84 ffffffff"],
  ["eight bits of padding", "00 01 61 82 1fff"],
])("%s is a CompressionError", (_, hex) => {
  expect(() => decoder().decode(block(hex))).toThrow(CompressionError);
});

test("a list above its limit is cut off and marked, and the table goes on as if it were not", () => {
  const hpack = decoder({ listBytes: 100 });
  const add = block("40 01 61 01 62"); // a: b, added to the table
  const list = hpack.decode(Buffer.concat([add, Buffer.alloc(1_000, 0xbe)]));
  expect(list).toMatchObject({ isTooLarge: true });
  expect(list.fields.length).toBeLessThan(10);
  expect(hpack.decode(block("be"))).toEqual({ fields: ["a", "b"], isTooLarge: false });
});

test("a block that was seen before means something else once the table has changed", () => {
  const hpack = decoder();
  hpack.decode(block("40 01 61 01 62"));
  expect(hpack.decode(block("be")).fields).toEqual(["a", "b"]);
  hpack.decode(block("40 01 63 01 64"));
  expect(hpack.decode(block("be")).fields).toEqual(["c", "d"]);
});

test("the dynamic table holds what a list of entries cut to the size does", () => {
  const entry = fc.tuple(fc.string({ maxLength: 30 }), fc.string({ maxLength: 60 }));
  const step = fc.oneof(entry, fc.integer({ min: 0, max: 300 }));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const table = new DynamicTable(300);
      let maxBytes = 300;
      let model: (readonly [string, string])[] = [];
      for (const next of steps) {
        if (typeof next === "number") {
          maxBytes = next;
          table.resize(next);
        } else {
          table.add(...next);
          model = [next, ...model];
        }
        let bytes = 0;
        const kept: (readonly [string, string])[] = [];
        for (const each of model) {
          bytes += each[0].length + each[1].length + 32;
          if (bytes > maxBytes) break;
          kept.push(each);
        }
        model = kept;
        const held = Array.from({ length: table.count }, (_, i) => [table.name(i), table.value(i)]);
        expect(held).toEqual(model);
      }
    }),
  );
});
