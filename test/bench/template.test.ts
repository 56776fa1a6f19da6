import { expect, test } from "vitest";
import { numberMark, Outbox, template } from "../../bench/load/template.ts";

test("a template takes the id and the number of each request", () => {
  const one = template(Buffer.from(`id: ____, paths: /a-${numberMark} /b-${numberMark}`), { idAt: [4] });
  const out = new Outbox();
  out.addTemplate(one, 0x41424344, 17);
  out.addTemplate(one, 0x45464748, 1_234_567_890);
  expect(out.take().toString()).toBe(
    "id: ABCD, paths: /a-0000000017 /b-0000000017id: EFGH, paths: /a-1234567890 /b-1234567890",
  );
  expect(out.length).toBe(0);
});

test("numbers start again at the modulo", () => {
  const out = new Outbox();
  const one = template(Buffer.from(numberMark), { modulo: 1_000 });
  out.addTemplate(one, 0, 999);
  out.addTemplate(one, 0, 1_000);
  expect(out.take().toString()).toBe("00000009990000000000");
});

test("an outbox grows as it must", () => {
  const out = new Outbox();
  const piece = Buffer.alloc(1_000, "x");
  for (let i = 0; i < 1_000; i++) out.add(piece);
  expect(out.take().equals(Buffer.alloc(1_000_000, "x"))).toBe(true);
});
