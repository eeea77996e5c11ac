import { assert, assertEquals } from "@std/assert";
import { isRecord } from "../../supabase/functions/_shared/platform/is_record.ts";
import {
  accountsBeginning,
  accountsById,
  accountsNamed,
  accountsNumbered,
  accountsWithThe,
  accountsWithWord,
} from "../../supabase/functions/_shared/zoho/accounts.ts";
import { createZohoClient, type ZohoClient } from "../../supabase/functions/_shared/zoho/client.ts";
import { isZohoFault } from "../../supabase/functions/_shared/zoho/faults.ts";
import {
  addOptions,
  fetchFields,
  makeFields,
  type ZohoField,
} from "../../supabase/functions/_shared/zoho/fields.ts";
import { exchangeGrant, GrantError } from "../../supabase/functions/_shared/zoho/grant.ts";
import { listRecordsByIds, readOneRecord } from "../../supabase/functions/_shared/zoho/list.ts";
import {
  fetchChannels,
  openChannel,
  renewChannel,
} from "../../supabase/functions/_shared/zoho/notifications.ts";
import { readDeletions, readPage } from "../../supabase/functions/_shared/zoho/pages.ts";
import {
  insertRecords,
  type RecordResult,
  updateRecords,
  upsertRecords,
} from "../../supabase/functions/_shared/zoho/records.ts";
import { probeScopes } from "../../supabase/functions/_shared/zoho/scopes.ts";
import { coql, findByField, searchRecord } from "../../supabase/functions/_shared/zoho/search.ts";
import { processTokenReply } from "../../supabase/functions/_shared/zoho/token_reply.ts";
import { goodSettings } from "../support/samples/settings.ts";
import { TwoTokens } from "./listening_zoho.ts";
import { type RandomAnswer, randomAnswers } from "./random_answers.ts";

// 2,000 answers of random shape to every call of the client. Whatever Zoho says, a refusal never reads as "there is no
// such record" nor as "written", and every fault is one of the client's own.

const seed = Number(Deno.env.get("ANSWERS_SEED") ?? 20261128);
const answers = 2_000;

const isRefusal = (value: unknown): value is Record<string, unknown> =>
  isRecord(value) && value.status === "error";

/** What the answer says no by: its status, itself, or one of its items. */
function refuses({ status, body, isWhole }: RandomAnswer): boolean {
  if (status >= 400) return true;
  if (!isWhole || !isRecord(body)) return false;
  return isRefusal(body) ||
    Object.values(body).some((value) => Array.isArray(value) && value.some(isRefusal));
}

/** Whether it may be read as "there is nothing": no content, or an empty list with a status that is none of no. */
function saysNone({ status, body, isWhole }: RandomAnswer, key: string, mayBeUnchanged: boolean): boolean {
  if (status === 204) return true;
  if (status === 304) return mayBeUnchanged;
  if (!isWhole || status >= 300 || !isRecord(body)) return false;
  const list = body[key];
  return Array.isArray(list) && list.length === 0;
}

function clientFor(answer: RandomAnswer): ZohoClient {
  return createZohoClient({
    settings: goodSettings({ apiUrl: "http://127.0.0.1:9" }),
    tokens: new TwoTokens(),
    fetch: () => Promise.resolve(new Response(answer.text, { status: answer.status })),
  });
}

const field: ZohoField = {
  id: "5",
  apiName: "Stage",
  label: "Stage",
  dataType: "picklist",
  isCustom: true,
  isUnique: false,
  isReadOnly: false,
  options: [],
};
const plain = { registration: null, vat: null };
const numbers = { registration: "Reg_No", vat: null };
const beginnings = [{ first: "Karoo", whole: "Karoo Traders" }];
const since = new Date("2026-11-20T12:00:00Z");
const walk = { module: "Deals", fields: ["Stage"], since: null };
const plan = { channelId: "1", notifyUrl: "https://example.com/", token: "t", now: 0 };
const places = { data: "data", fields: "fields", watch: "watch" };

interface Reader {
  read: (client: ZohoClient) => Promise<unknown[]>;
  list: keyof typeof places;
  /** Asks what is newer, so that 304 is an answer. */
  isConditional?: boolean;
}

const asList = async <T>(found: Promise<T | null>) => {
  const value = await found;
  return value === null ? [] : [value];
};

const readers: Record<string, Reader> = {
  "list by id": { list: "data", read: (client) => listRecordsByIds(client, "Deals", ["1", "2"], ["Stage"]) },
  "one record": { list: "data", read: (client) => asList(readOneRecord(client, "Deals", "1")) },
  "find by field": {
    list: "data",
    read: (client) => findByField(client, "Accounts", "Account_Name", ["Karoo", "O'Brien"]),
  },
  search: { list: "data", read: (client) => searchRecord(client, "Accounts", "Account_Name", "Karoo") },
  COQL: { list: "data", read: (client) => coql(client, "select id from Deals limit 1") },
  page: { list: "data", read: async (client) => (await readPage(client, walk, null)).records },
  "page by token": {
    list: "data",
    read: async (client) => (await readPage(client, walk, { token: "t", lastId: "1" })).records,
  },
  "page since": {
    list: "data",
    isConditional: true,
    read: async (client) => (await readPage(client, { ...walk, since }, null)).records,
  },
  deletions: {
    list: "data",
    read: async (client) => (await readDeletions(client, "Deals", null, 1)).deletions,
  },
  "deletions since": {
    list: "data",
    isConditional: true,
    read: async (client) => (await readDeletions(client, "Deals", since, 1)).deletions,
  },
  "Accounts by id": { list: "data", read: (client) => accountsById(client, ["1"]) },
  "Accounts by name": {
    list: "data",
    read: async (client) =>
      (await Promise.all(accountsNamed(client, plain, ["Karoo"]).map((look) => look()))).flat(),
  },
  "Accounts by number": {
    list: "data",
    read: async (client) =>
      (await Promise.all(accountsNumbered(client, numbers, "Reg_No", ["1"]).map((look) => look()))).flat(),
  },
  "Accounts by beginning": {
    list: "data",
    read: async (client) =>
      (await Promise.all(accountsBeginning(client, plain, beginnings).map((look) => look()))).flat(),
  },
  "Accounts with The": { list: "data", read: (client) => accountsWithThe(client, plain, beginnings)() },
  "Accounts by word": { list: "data", read: (client) => accountsWithWord(client, plain, "Karoo")() },
  fields: { list: "fields", read: (client) => fetchFields(client, "Deals") },
  channels: { list: "watch", read: (client) => fetchChannels(client, plan.channelId) },
};

interface Writer {
  /** The id of each record that is sent; null for one that is to be made. */
  sent: (string | null)[];
  write: (client: ZohoClient) => Promise<RecordResult[]>;
}

const writers: Record<string, Writer> = {
  "insert one": { sent: [null], write: (client) => insertRecords(client, "Deals", [{ Stage: "x" }]) },
  "insert two": { sent: [null, null], write: (client) => insertRecords(client, "Quotes", [{}, {}]) },
  "update one": { sent: ["1"], write: (client) => updateRecords(client, "Deals", [{ id: "1", Stage: "x" }]) },
  "update two": {
    sent: ["1", "2"],
    write: (client) => updateRecords(client, "Deals", [{ id: "1" }, { id: "2" }]),
  },
  "upsert one": {
    sent: [null],
    write: (client) => upsertRecords(client, "Deals", [{}], ["Contract_Number"]),
  },
};

/** Calls of which only the faults are judged here. */
const others: Record<string, (client: ZohoClient, answer: RandomAnswer) => Promise<unknown>> = {
  "create fields": (client) => makeFields(client, "Deals", [{ label: "A", dataType: "text" }]),
  "add options": (client) => addOptions(client, "Deals", field, ["x"]),
  "open the channel": (client) => openChannel(client, plan),
  "renew the channel": (client) => renewChannel(client, plan),
  // Twenty-odd calls at a time: one answer in ten is enough.
  "probe the scopes": (client, { status }) => status % 10 === 3 ? probeScopes(client) : Promise.resolve(),
  "token reply": (_, { status, body }) =>
    Promise.resolve().then(() =>
      processTokenReply({ status, body }, { region: "EU", accountsUrl: "https://accounts.zoho.eu" })
    ),
  "grant": (_, { status, text }) =>
    exchangeGrant(() => Promise.resolve(new Response(text, { status })), {
      accountsUrl: "https://accounts.zoho.eu",
      clientId: "c",
      clientSecret: "s",
      code: "1000.x",
    }),
};

const isTyped = (fault: unknown) => isZohoFault(fault) || fault instanceof GrantError;

/** Runs one call against every answer and collects what may not be; an empty list is what a test wants. */
async function violations(
  judge: (answer: RandomAnswer, client: ZohoClient) => Promise<string | null>,
): Promise<string[]> {
  const next = randomAnswers(seed);
  const found: string[] = [];
  for (let nth = 0; nth < answers && found.length < 5; nth++) {
    const answer = next();
    let violation: string | null;
    try {
      violation = await judge(answer, clientFor(answer));
    } catch (fault) {
      violation = isTyped(fault) ? null : `the fault is ${fault}`;
    }
    if (violation) found.push(`seed ${seed}, answer ${nth}: ${violation}: ${JSON.stringify(answer)}`);
  }
  return found;
}

/** Promises that failed unhandled. */
const unhandled: unknown[] = [];
globalThis.addEventListener("unhandledrejection", (event) => {
  event.preventDefault();
  unhandled.push(event.reason);
});

for (const [name, { read, list, isConditional = false }] of Object.entries(readers)) {
  Deno.test(`${name} never reads a refusal as "no record", and leaves nothing out of an answer`, async () => {
    const found = await violations(async (answer, client) => {
      const records = await read(client);
      if (refuses(answer)) return "a refusal was read as an answer";
      const isNone = saysNone(answer, list, isConditional);
      if (records.length === 0 && !isNone) {
        // A find keeps only what it looked for; of one record the id was not the requested one.
        return name === "find by field" ? null : "an answer that says something was read as nothing";
      }
      return null;
    });
    assertEquals(found, []);
  });
}

for (const [name, { sent, write }] of Object.entries(writers)) {
  Deno.test(`${name} reports a record as written only where Zoho says so of that record`, async () => {
    const found = await violations(async (answer, client) => {
      const results = await write(client);
      const items = isRecord(answer.body) && Array.isArray(answer.body.data) ? answer.body.data : [];
      if (results.length !== sent.length) return `${results.length} results`;
      for (const [index, result] of results.entries()) {
        const item = isRecord(items[index]) ? items[index] : {};
        const id = isRecord(item.details) ? item.details.id : undefined;
        const own = sent[index] ?? null;
        const isSuccess = answer.isWhole && answer.status < 300 && item.code === "SUCCESS" &&
          !isRefusal(item);
        if (result.ok && (!isSuccess || result.id !== id || (own !== null && own !== id))) {
          return "a record was taken for written";
        }
        if (!result.ok && result.duplicateId !== null && item.code !== "DUPLICATE_DATA") {
          return "linked by a refusal";
        }
        if (!result.ok && result.code === "RECORD_NOT_FOUND") {
          const path = isRecord(item.details) ? item.details.json_path : undefined;
          const isInside = typeof path === "string" && /^\$\.data\[\d+\]\.(?!id$)\w/.test(path);
          if (own === null || isInside) return "a record was taken for deleted";
        }
      }
      return null;
    });
    assertEquals(found, []);
  });
}

for (const [name, call] of Object.entries(others)) {
  Deno.test(`${name} fails only with the client's own faults, whatever the answer`, async () => {
    const found = await violations(async (answer, client) => {
      await call(client, answer);
      return null;
    });
    assertEquals(found, []);
  });
}

Deno.test(`the answers of seed ${seed} cover every kind, and none leaves a rejection unhandled`, async () => {
  const next = randomAnswers(seed);
  const all = Array.from({ length: answers }, next);
  const wrapped = all.filter(({ body }) =>
    isRecord(body) && Array.isArray(body.data) && body.data.some(isRefusal)
  );
  assert(wrapped.length > 100 && all.filter(({ body }) => isRefusal(body)).length > 100);
  assert(all.filter(({ isWhole }) => !isWhole).length > 100);
  assert(all.filter((answer) => !refuses(answer)).length > 100);
  await new Promise((resolve) => setTimeout(resolve, 0));
  assertEquals(unhandled, []);
  const calls = Object.keys({ ...readers, ...writers, ...others }).length;
  console.log(`seed ${seed}: ${answers} answers to each of ${calls} calls`);
});
