import { assert, assertEquals, assertRejects } from "@std/assert";
import type postgres from "postgres";
import { type NetWorker, netWorker } from "../../local/net_worker.ts";
import { startPostgres } from "../../local/postgres.ts";
import { buildDatabase } from "../../local/database.ts";
import { openSql } from "../../local/sql.ts";
import { asRole, withDatabase } from "../support/database.ts";
import { until } from "../support/until.ts";

interface Received {
  method: string;
  path: string;
  headers: Headers;
  body: string;
}

interface Bench {
  sql: postgres.Sql;
  worker: NetWorker;
  url: string;
  received: Received[];
  /** Lets the answers of /held go. */
  release(): void;
}

/** A database with a started worker and a server to call: /fail answers 500, /held waits for `release`. */
async function withWorker(test: (bench: Bench) => Promise<void>, pauseMs = 0): Promise<void> {
  await withDatabase("plain", async (sql, database) => {
    const received: Received[] = [];
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
      const { pathname, search } = new URL(request.url);
      const { method, headers } = request;
      received.push({
        method,
        headers,
        path: pathname + search,
        body: await request.text(),
      });
      if (pathname === "/held") await released;
      return new Response("answer", { status: pathname === "/fail" ? 500 : 200 });
    });
    const worker = netWorker(database.adminUrl, { pauseMs });
    worker.start();
    try {
      await test({ sql, worker, url: `http://127.0.0.1:${server.addr.port}`, received, release });
    } finally {
      release();
      await worker.stop();
      await server.shutdown();
    }
  });
}

async function responseOf(sql: postgres.Sql, id: string): Promise<postgres.Row> {
  return await until(async () => (await sql`select * from net._http_response where id = ${id}`)[0]);
}

async function post(sql: postgres.ISql, url: string, timeoutMs = 2_000): Promise<string> {
  const [row] = await sql<{ id: string }[]>`
    select net.http_post(url := ${url}, body := '{"a": 1}', headers := '{"apikey": "k"}',
      timeout_milliseconds := ${timeoutMs}) as id
  `;
  return row?.id ?? "";
}

/** For what must not happen: time in which a worker that does it would be caught at it. */
const aMoment = () => new Promise((resolve) => setTimeout(resolve, 60));

Deno.test("a request goes out at commit and not before", async () => {
  await withWorker(async ({ sql, url, received }) => {
    await sql.begin(async (tx) => {
      await post(tx, `${url}/x`);
      // Another transaction's commit wakes the worker; what it sends is that one's alone.
      await responseOf(sql, await post(sql, `${url}/other`));
      assertEquals(received.splice(0).map(({ path }) => path), ["/other"]);
    });
    const [call] = await until(() => received.length === 1 && received);
    assertEquals([call?.method, call?.path, call?.body], ["POST", "/x", '{"a": 1}']);
    assertEquals([call?.headers.get("apikey"), call?.headers.get("content-type")], ["k", "application/json"]);
  });
});

Deno.test("a rolled-back transaction sends nothing, and a row inserted by hand does not wake the worker", async () => {
  await withWorker(async ({ sql, url, received }) => {
    await responseOf(sql, await post(sql, `${url}/warm-up`)); // a worker that starts looks once by itself
    received.length = 0;
    await assertRejects(() =>
      sql.begin(async (tx) => {
        await post(tx, `${url}/rolled-back`);
        throw new Error("no");
      })
    );
    await sql`
      insert into net.http_request_queue (method, url, headers, timeout_milliseconds)
      values ('GET', ${`${url}/by-hand`}, '{}', 1000)
    `;
    await aMoment();
    assertEquals(received.length, 0);
    await post(sql, `${url}/sent`); // the next wake-up takes the row along
    await until(() => received.length === 2);
  });
});

Deno.test("a request is tried once: errors, refusals and timeouts are recorded, never repeated", async () => {
  await withWorker(async ({ sql, url, received }) => {
    const failed = await responseOf(sql, await post(sql, `${url}/fail`));
    assertEquals([failed.status_code, failed.content, failed.timed_out], [500, "answer", false]);
    const late = await responseOf(sql, await post(sql, `${url}/held`, 30));
    assertEquals([late.status_code, late.timed_out], [null, true]);
    const refused = await responseOf(sql, await post(sql, "http://127.0.0.1:9/"));
    assertEquals([refused.status_code, refused.timed_out, typeof refused.error_msg], [null, false, "string"]);
    assertEquals(received.length, 2);
  });
});

Deno.test("one slow endpoint delays every response of its batch and everything queued later", async () => {
  await withWorker(async ({ sql, url, received, release }) => {
    const [slow, quick] = await sql.begin(async (tx) => [
      await post(tx, `${url}/held`),
      await post(tx, `${url}/quick`),
    ]);
    await until(() => received.length === 2);
    const later = await post(sql, `${url}/later`);
    await aMoment();
    assertEquals(received.length, 2);
    assertEquals((await sql`select from net._http_response`).length, 0);
    release();
    for (const id of [slow, quick, later]) assertEquals((await responseOf(sql, id ?? "")).status_code, 200);
  });
});

Deno.test("the worker rests between batches", async () => {
  await withWorker(async ({ sql, url, received }) => {
    await responseOf(sql, await post(sql, `${url}/1`));
    await post(sql, `${url}/2`);
    await aMoment();
    assertEquals(received.map(({ path }) => path), ["/1"]);
  }, 3_600_000);
});

Deno.test("a worker killed in the middle of a batch sends it again, one that was stopped does not", async () => {
  await withWorker(async ({ sql, worker, url, received, release }) => {
    await post(sql, `${url}/held`, 60_000);
    await until(() => received.length === 1);
    await worker.kill();
    worker.start();
    await until(() => received.length === 2);
    release();
    await worker.stop();
    worker.start();
    await responseOf(sql, await post(sql, `${url}/after`));
    assertEquals(received.map(({ path }) => path), ["/held", "/held", "/after"]);
  });
});

Deno.test("GET and DELETE carry their parameters in the address", async () => {
  await withWorker(async ({ sql, url, received }) => {
    await sql`select net.http_get(${`${url}/g`}, '{"q": "a b&é"}')`;
    await sql`select net.http_delete(${`${url}/d?x=1`}, '{"y": "2"}')`;
    await until(() => received.length === 2);
    assertEquals(received.map(({ method, path }) => `${method} ${path}`).sort(), [
      "DELETE /d?x=1&y=2",
      "GET /g?q=a%20b%26%C3%A9",
    ]);
  });
});

Deno.test("any role may post, and a function of postgres with an empty search_path may, too", async () => {
  await withWorker(async ({ sql, url, received }) => {
    await asRole(sql, "anon", {}, (tx) => post(tx, `${url}/anon`));
    await sql`
      create function public.ring(url text) returns bigint language sql security definer set search_path = '' as
      $$ select net.http_post(url := url, body := '{}'::jsonb, timeout_milliseconds := 1000) $$
    `;
    await asRole(sql, "authenticated", {}, (tx) => tx`select public.ring(${`${url}/definer`})`);
    await until(() => received.length === 2);
  });
});

Deno.test("the worker sends again when pg_net was dropped and created anew", async () => {
  await withWorker(async ({ sql, url, received }) => {
    for (const path of ["/first", "/second"]) {
      await sql`drop extension pg_net cascade`;
      await sql`create extension pg_net with schema extensions`;
      assertEquals((await responseOf(sql, await post(sql, `${url}${path}`))).status_code, 200);
    }
    assertEquals(received.map(({ path }) => path), ["/first", "/second"]);
  });
});

Deno.test("the worker reconnects to Postgres; a crash has emptied its tables, a restart has not", async () => {
  const server = await startPostgres({ inMemory: true });
  await buildDatabase(server.adminUrl, "plain", "postgres");
  const received: string[] = [];
  const target = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    received.push(new URL(request.url).pathname);
    return new Response();
  });
  const url = `http://127.0.0.1:${target.addr.port}`;
  const sql = openSql(server.url);
  const worker = netWorker(server.adminUrl, { pauseMs: 0 });
  try {
    await post(sql, `${url}/survives`); // nobody is there to send it yet
    await server.restart();
    worker.start();
    await until(() => received.includes("/survives"));

    await worker.stop();
    await post(sql, `${url}/lost`);
    await server.kill();
    worker.start();
    await server.restart();
    await until(async () => {
      await post(sql, `${url}/after`).catch(() => {});
      return received.includes("/after");
    });
    assert(!received.includes("/lost"));
  } finally {
    await worker.stop();
    await target.shutdown();
    await sql.end({ timeout: 1 });
    await server.stop();
  }
});
