import fc from "fast-check";
import { expect, test } from "vitest";
import { Siblings } from "../../src/core/siblings.ts";

test("siblings are a sorted set, whatever is inserted and removed in whatever order", () => {
  const step = fc.record({ add: fc.boolean(), name: fc.integer({ min: 0, max: 3000 }).map(String) });
  fc.assert(
    fc.property(fc.array(step, { minLength: 2000, maxLength: 4000 }), fc.integer(), (steps, at) => {
      const names: string[] = [];
      const siblings = new Siblings({ name: (row) => names[row]! });
      const model = new Set<string>();
      for (const { add, name } of steps) {
        const row = siblings.find(name);
        expect(row !== -1).toBe(model.has(name));
        if (add && row === -1) {
          siblings.insert(names.push(name) - 1);
          model.add(name);
        } else if (!add && row !== -1) {
          siblings.remove(row);
          model.delete(name);
        }
      }
      const sorted = [...model].sort();
      const listed = (after: string) => [...siblings.after(after)].map((row) => names[row]);
      expect(listed("")).toEqual(sorted);
      const after = String(at);
      expect(listed(after)).toEqual(sorted.filter((name) => name > after));
    }),
    { numRuns: 20 },
  );
});

test("a hundred thousand names in ascending and in descending order", () => {
  for (const sign of [1, -1]) {
    const names: string[] = [];
    const siblings = new Siblings({ name: (row) => names[row]! });
    for (let i = 0; i < 100_000; i++) siblings.insert(names.push(String(500_000 + sign * i)) - 1);
    const listed = [...siblings.after("")].map((row) => names[row]);
    expect(listed).toEqual([...names].sort());
    expect(names[siblings.find("500000")]).toBe("500000");
  }
});
