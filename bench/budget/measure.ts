// A process of its own for `figures.ts`, with the flags that make it count the same every time.
import { client } from "./client.ts";
import { handlers } from "./handlers.ts";
import { memory } from "./memory.ts";
import { storage } from "./storage.ts";
import { wire } from "./wire.ts";

// One after the other, the heap's first.
const figures = {
  ...(await memory()),
  ...(await handlers()),
  ...(await client()),
  ...(await storage()),
  ...(await wire()),
};
console.log(JSON.stringify(figures));
