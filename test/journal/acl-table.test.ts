import Database from "better-sqlite3";
import { beforeEach, expect, test } from "vitest";
import { AclTable } from "../../src/journal/sqlite/acl-table.ts";
import { migrate } from "../../src/journal/sqlite/schema.ts";

let connection: Database.Database;

beforeEach(() => {
  connection = new Database(":memory:");
  migrate(connection);
});

const reserved = "world:anyone:r";

function stored(): unknown[] {
  return connection.prepare("SELECT text FROM acls ORDER BY text").pluck().all();
}

/** A transaction that is committed. */
function commit(acls: AclTable, work: () => void): void {
  acls.begin();
  work();
  acls.flush();
  acls.committed();
}

test("a list is kept as long as a node has it, and its number is not given to another meanwhile", () => {
  const acls = new AclTable(connection);
  let ada = 0;
  commit(acls, () => {
    ada = acls.use("jwt:ada:r");
    expect(acls.use("jwt:ada:r")).toBe(ada);
  });
  commit(acls, () => acls.release(ada));
  expect(stored()).toEqual(["jwt:ada:r", reserved]);
  commit(acls, () => {
    acls.release(ada);
    expect(acls.use("jwt:bob:r")).not.toBe(ada);
  });
  expect(stored()).toEqual(["jwt:bob:r", reserved]);
  expect(acls.size).toBe(2);
});

test("a list that comes and goes in one transaction leaves nothing", () => {
  const acls = new AclTable(connection);
  for (let i = 0; i < 100; i++) commit(acls, () => acls.release(acls.use(`jwt:user-${i}:r`)));
  expect(stored()).toEqual([reserved]);
  expect(acls.size).toBe(1);
});

test("what a transaction that failed had done is forgotten", () => {
  const acls = new AclTable(connection);
  let ada = 0;
  commit(acls, () => (ada = acls.use("jwt:ada:r")));
  connection.exec("BEGIN");
  acls.begin();
  acls.release(ada);
  acls.use("jwt:bob:r");
  acls.flush();
  connection.exec("ROLLBACK");
  commit(acls, () => expect(acls.use("jwt:ada:r")).toBe(ada));
  commit(acls, () => acls.release(ada));
  expect(stored()).toEqual(["jwt:ada:r", reserved]);
  commit(acls, () => acls.release(ada));
  expect(stored()).toEqual([reserved]);
  expect(acls.size).toBe(1);
});

test("lists that no node has, as older versions left them, go with the first transaction", () => {
  connection.exec("INSERT INTO acls VALUES (7, 'jwt:old:r')");
  const acls = new AclTable(connection);
  commit(acls, () => {});
  expect(stored()).toEqual([reserved]);
  expect(acls.use("jwt:new:r")).toBe(8);
});
