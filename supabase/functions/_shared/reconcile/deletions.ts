import { z } from "zod";
import { lookupId } from "../mapping/lookup.ts";
import { callFunction } from "../platform/database.ts";
import { logWebhookEvent } from "../webhook/event.ts";
import { inboundRecord } from "../webhook/record.ts";
import { listRecordsByIds } from "../zoho/list.ts";
import { type Deletion, readDeletions } from "../zoho/pages.ts";
import { findByField } from "../zoho/search.ts";
import { type Kind, kinds } from "./kinds.ts";
import { type PageOutcome, type RunningRun, withOverlap } from "./run.ts";

/** Modules whose deletions concern us: the records of entities, and what they point to. */
const links = ["Accounts", "Contacts", "Products"] as const;
type Link = typeof links[number];

const position_ = z.object({ module: z.number(), page: z.number() }).nullable();

/**
 * Notices what was deleted or merged in Zoho since the last run, whether or not Zoho told: one page of one module. The
 * first run looks back as far as Zoho remembers.
 */
export async function noticeDeletions(
  run: RunningRun,
  _kind: Kind | null,
  position: unknown,
): Promise<PageOutcome> {
  const at = position_.parse(position) ?? { module: 0, page: 1 };
  const { zoho } = run.with_;
  const since = run.claimed.poll_since === null ? null : withOverlap(run.claimed.poll_since);
  const recordKinds = Object.values(kinds).filter((kind) => kind.reference !== null);
  const modules = [...recordKinds.map(({ module }) => module), ...links];
  const module = modules[at.module];
  if (module === undefined) return { results: [], position: null };

  const { deletions, hasMore } = await run.ask(() => readDeletions(zoho, module, since, at.page));
  const kind = recordKinds.find((each) => each.module === module);
  if (deletions.length > 0) {
    if (kind) await noticeGoneRecords(run, kind, deletions);
    else await noticeGoneLinks(run, links[at.module - recordKinds.length] ?? "Accounts", deletions);
  }
  const next = hasMore ? { ...at, page: at.page + 1 } : { module: at.module + 1, page: 1 };
  return { results: [], position: next.module < modules.length ? next : null };
}

const ours = z.array(z.object({
  zoho_id: z.string(),
  entity_type: z.string(),
  entity_id: z.string(),
  reference: z.string().nullable(),
}));

/**
 * A record of ours that is gone: merged, when another record carries its reference now, and then that one is ours; else
 * deleted, and the webhook's own way marks it and tells a person.
 */
async function noticeGoneRecords(run: RunningRun, kind: Kind, deletions: Deletion[]): Promise<void> {
  const { db, zoho } = run.with_;
  const gone = ours.parse(
    await callFunction(db, "zoho_known_records", {
      p_zoho_type: kind.zohoType,
      p_ids: deletions.map(({ id }) => id),
    }),
  );
  if (gone.length === 0) return;
  const field = kind.reference ?? "";
  const references = gone.flatMap(({ reference }) => reference ?? []);
  const masters = await run.ask(() => findByField(zoho, kind.module, field, references));
  for (const { zoho_id, entity_type, entity_id, reference } of gone) {
    const master = masters.find((record) => record[field] === reference && record.id !== zoho_id);
    const isMoved = master !== undefined && await callFunction(db, "zoho_move_record", {
      p_entity_type: entity_type,
      p_entity_id: entity_id,
      p_zoho_id: master.id,
      p_cause: "merged in Zoho",
    });
    if (isMoved) continue;
    const deletedAt = deletions.find(({ id }) => id === zoho_id)?.deletedAt ?? null;
    await tellDeletion(run, kind, zoho_id, deletedAt);
  }
}

/** As an event, so that it passes the gates of a webhook's, counts once with it, and can be replayed. */
async function tellDeletion(
  run: RunningRun,
  kind: Kind,
  id: string,
  deletedAt: string | null,
): Promise<void> {
  const moment = deletedAt === null || Number.isNaN(Date.parse(deletedAt))
    ? null
    : new Date(deletedAt).toISOString();
  const kept = { id, ...(moment === null ? {} : { Modified_Time: moment }) };
  await logWebhookEvent(run.with_, {
    source: "poll",
    module: kind.module,
    operation: "delete",
    recordIds: [id],
    digest: await digestOf(["deleted", kind.module, id, moment ?? ""]),
    mayRecur: false,
    body: { records: [kept] },
    records: [inboundRecord("delete", kept)],
  });
}

const pointing = z.array(z.object({ zoho_id: z.string(), deal_ids: z.array(z.string()) }));
const lookupOf: Readonly<Record<Link, string>> = {
  Accounts: "Account_Name",
  Contacts: "Contact_Name",
  Products: "",
};

/**
 * An Account, Contact or Product that we remember is gone. Zoho moves the Deals of a merged one to the master, so the master is
 * what those Deals point to now; without one the id is forgotten and the next drain finds it by name or e-mail.
 */
async function noticeGoneLinks(run: RunningRun, link: Link, deletions: Deletion[]): Promise<void> {
  const { db, zoho } = run.with_;
  const gone = pointing.parse(
    await callFunction(db, "zoho_deals_of_links", {
      p_zoho_type: link,
      p_ids: deletions.map(({ id }) => id),
    }),
  );
  if (gone.length === 0) return;
  const field = lookupOf[link];
  const dealIds = gone.flatMap(({ deal_ids }) => deal_ids);
  const deals = dealIds.length === 0
    ? []
    : await run.ask(() => listRecordsByIds(zoho, "Deals", dealIds, [field]));
  const target = new Map(deals.map((deal) => [deal.id, lookupId(deal[field])]));
  const moves = gone.map(({ zoho_id, deal_ids }) => {
    const targets = new Set(deal_ids.flatMap((id) => target.get(id) ?? []).filter((id) => id !== zoho_id));
    const [master] = targets;
    return { zoho_id, master: targets.size === 1 ? master ?? null : null };
  });
  await callFunction(db, "zoho_gone_links", { p_zoho_type: link, p_gone: moves });
}

/** SHA-256 in hex, under which an event is known. */
export async function digestOf(parts: string[]): Promise<string> {
  const bytes = new TextEncoder().encode(parts.join("\n"));
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...hash].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
