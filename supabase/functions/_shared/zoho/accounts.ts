import { inChunks } from "../platform/chunks.ts";
import type { ZohoClient } from "./client.ts";
import { ZohoCallError } from "./faults.ts";
import type { FoundRecord } from "./found_records.ts";
import { askHalved, isUnreadableQuery, ordinaryValue } from "./halved.ts";
import {
  anyOf,
  coqlPage,
  coqlText,
  isAnyOf,
  isSafeForCoql,
  rowsPerPage,
  searchRecord,
  valuesPerQuery,
} from "./search.ts";

/** The custom fields of Accounts in which sales keep numbers; null where they keep none. */
export interface NumberFields {
  registration: string | null;
  vat: string | null;
}

export interface ZohoAccount {
  id: string;
  name: string;
  /** As written in Zoho; empty when not set. */
  registration: string;
  vat: string;
}

const noNumbers: NumberFields = { registration: null, vat: null };

/** Conditions of one query (COQL limits). */
const conditionsPerQuery = 25;
/** 2,000 Accounts that begin alike are more than any likeness can choose from. */
const mostPages = 10;

/** One lookup in Zoho, usually one call. @throws ZohoCallError, ZohoTokenError */
export type Lookup = () => Promise<ZohoAccount[]>;

/**
 * Accounts whose name is one of these, ignoring case. One credit per 400 names. A name that COQL cannot express is
 * searched for, one credit each; a search finds longer names that contain it as well.
 */
export function accountsNamed(client: ZohoClient, fields: NumberFields, names: string[]): Lookup[] {
  return [
    ...inChunks(names.filter(isSafeForCoql), valuesPerQuery).map((some) => () =>
      selectNamed(client, fields, some)
    ),
    ...names.filter((name) => !isSafeForCoql(name)).map((name) => searchFor(client, fields, name)),
  ];
}

/** Accounts whose number field contains one of these texts. One credit per 400 texts. */
export function accountsNumbered(
  client: ZohoClient,
  fields: NumberFields,
  field: string,
  texts: string[],
): Lookup[] {
  return inChunks(texts.filter(isSafeForCoql), valuesPerQuery).map((some) => async () => {
    try {
      return await select(client, fields, isAnyOf(field, some));
    } catch (error) {
      throw isUnreadableQuery(error) ? notAField(error) : error;
    }
  });
}

/**
 * All Accounts of an org that has few: no spelling is missed, and for many companies the list costs less than their
 * beginnings. Null where there are more than so many pages of 200, one credit each, or where the org refuses such a query.
 * In the order of ids, so that an Account added or deleted meanwhile does not shift the others.
 */
export async function allAccounts(
  client: ZohoClient,
  fields: NumberFields,
  mostPages: number,
): Promise<ZohoAccount[] | null> {
  const found: ZohoAccount[] = [];
  let where = "id is not null";
  try {
    for (let page = 0; page < mostPages; page++) {
      const { accounts, more } = await selectPage(client, fields, where, 0);
      found.push(...accounts);
      const last = accounts.at(-1);
      if (!more || last === undefined) return found;
      where = `id > ${coqlText(last.id)}`;
    }
  } catch (error) {
    if (!isUnreadableQuery(error)) throw error;
  }
  return null;
}

/**
 * Accounts whose names have these beginnings. One credit per 25 beginnings where an org has at most 200 Accounts for them; where
 * it has more, they are looked for by their longer beginnings, with one credit per further 200 rows.
 */
export function accountsBeginning(
  client: ZohoClient,
  fields: NumberFields,
  beginnings: { first: string; whole: string }[],
): Lookup[] {
  const byFirst = [...Map.groupBy(beginnings, ({ first }) => first.toLowerCase()).values()];
  return inChunks(byFirst, conditionsPerQuery).map((some) => async () => {
    const firsts = some.flatMap(([each]) => each?.first ?? []);
    const { accounts, more } = await selectPage(client, fields, beginsWith(firsts), 0);
    if (!more) return accounts;
    const found: ZohoAccount[] = [];
    for (const wholes of inChunks(some.flat().map(({ whole }) => whole), conditionsPerQuery)) {
      found.push(...await select(client, fields, beginsWith(wholes)));
    }
    return found;
  });
}

/**
 * Accounts whose names begin with "The": all of them where an org has at most 200, for one credit; where it has more,
 * those that go on like one of the beginnings.
 */
export function accountsWithThe(
  client: ZohoClient,
  fields: NumberFields,
  beginnings: { first: string; whole: string }[],
): Lookup {
  return async () => {
    const { accounts, more } = await selectPage(client, fields, beginsWith(["The "]), 0);
    if (!more) return accounts;
    const found: ZohoAccount[] = [];
    for (const some of inChunks(beginnings, conditionsPerQuery)) {
      found.push(...await select(client, fields, beginsWith(some.map(({ whole }) => `The ${whole}`))));
    }
    return found;
  };
}

/** Accounts that a search finds by a word of their name, at most 200: the word may be a common one. One credit. */
export function accountsWithWord(client: ZohoClient, fields: NumberFields, word: string): Lookup {
  return searchFor(client, fields, word, 1);
}

function searchFor(client: ZohoClient, fields: NumberFields, text: string, pages?: number): Lookup {
  return async () => {
    const options = { fields: columnsOf(fields).join(","), pages };
    const records = await searchRecord(client, "Accounts", "Account_Name", text, options);
    return records.map((record) => readAccount(fields, record));
  };
}

/** The Accounts of these ids, up to 100, that are there. @throws ZohoCallError, ZohoTokenError */
export function accountsById(client: ZohoClient, ids: string[]): Promise<ZohoAccount[]> {
  return select(client, noNumbers, isAnyOf("id", ids));
}

function beginsWith(texts: string[]): string {
  const wanted = [...new Set(texts)].map((text) => `Account_Name like ${coqlText(`${text}%`)}`);
  return anyOf(wanted);
}

/**
 * A name that Zoho's query language cannot parse does not stop the others. It is searched for; where that is refused too,
 * the upsert that follows matches by name. A query that fails with every name has a column that Zoho does not know.
 */
async function selectNamed(
  client: ZohoClient,
  fields: NumberFields,
  names: string[],
): Promise<ZohoAccount[]> {
  const where = (some: string[]) => isAnyOf("Account_Name", some);
  try {
    return await askHalved(names, {
      ask: (some) => select(client, fields, where(some)),
      alone: async (name) => {
        try {
          return await searchFor(client, fields, name)();
        } catch (error) {
          if (isUnreadableQuery(error)) return [];
          throw error;
        }
      },
    });
  } catch (error) {
    if (!isUnreadableQuery(error) || fields.registration === null && fields.vat === null) throw error;
    await selectPage(client, noNumbers, where([ordinaryValue]), 0);
    throw notAField(error);
  }
}

async function select(client: ZohoClient, fields: NumberFields, where: string): Promise<ZohoAccount[]> {
  const found: ZohoAccount[] = [];
  for (let page = 0; page < mostPages; page++) {
    const { accounts, more } = await selectPage(client, fields, where, page * rowsPerPage);
    found.push(...accounts);
    if (!more) break;
  }
  return found;
}

async function selectPage(client: ZohoClient, fields: NumberFields, where: string, offset: number) {
  const columns = columnsOf(fields).join(", ");
  const query =
    `select ${columns} from Accounts where ${where} order by id asc limit ${offset}, ${rowsPerPage}`;
  const { records, more } = await coqlPage(client, query);
  return { accounts: records.map((record) => readAccount(fields, record)), more };
}

function columnsOf({ registration, vat }: NumberFields): string[] {
  return ["id", "Account_Name", registration, vat].filter((column) => column !== null);
}

function readAccount({ registration, vat }: NumberFields, record: FoundRecord): ZohoAccount {
  const textOf = (field: string | null) => {
    const value = field === null ? null : record[field];
    // A field of digits may be a number field in Zoho.
    return typeof value === "string" || typeof value === "number" ? String(value) : "";
  };
  return {
    id: record.id,
    name: textOf("Account_Name"),
    registration: textOf(registration),
    vat: textOf(vat),
  };
}

function notAField(cause: unknown): ZohoCallError {
  return new ZohoCallError(
    "BAD_CONFIGURATION",
    "ZOHO_ACCOUNT_REGISTRATION_FIELD or ZOHO_ACCOUNT_VAT_FIELD names no field of Accounts",
    { cause },
  );
}
