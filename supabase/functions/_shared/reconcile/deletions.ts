import { z } from "zod";
import { callFunction } from "../platform/database.ts";
import { sha256Hex } from "../webhook/signature.ts";
import { listRecordsByIds } from "../zoho/list.ts";
import { survivorsOf } from "../sync/links/survivors.ts";
import { type Deletion, readDeletions } from "../zoho/pages.ts";
import { kinds, type RecordKind } from "../sync/claim/kinds.ts";
import { type PageOutcome, type RunningRun, withOverlap } from "./run.ts";

/** Modules whose deletions matter: the records of entities, and their link targets. */
const links = ["Accounts", "Contacts", "Products"] as const;
type Link = typeof links[number];

const position_ = z.object({ module: z.number(), page: z.number() }).nullable();

/**
 * Finds what was deleted or merged in Zoho since the last run, with or without a notification: one page of one module. The
 * first run goes back as far as Zoho's list does.
 */
export async function noticeDeletions(run: RunningRun, position: unknown): Promise<PageOutcome> {
  const at = position_.parse(position) ?? { module: 0, page: 1 };
  const { zoho } = run.deps;
  const since = run.claimed.poll_since === null ? null : withOverlap(run.claimed.poll_since);
  const recordKinds = Object.values(kinds).filter((kind) => !kind.isPointedTo);
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

/** Marks our records that are gone, as a webhook would; a look then finds out whether they were merged or deleted. */
async function noticeGoneRecords(run: RunningRun, kind: RecordKind, deletions: Deletion[]): Promise<void> {
  await callFunction(run.deps.db, "zoho_receive_hint", {
    p_source: "poll",
    p_module: kind.module,
    p_operation: "delete",
    p_digest: await sha256Hex(new TextEncoder().encode(`${run.claimed.id} ${kind.module}`)),
    p_records: deletions.map(({ id, deletedAt }) => ({
      id,
      modified_at: deletedAt,
      modified_by: null,
      told: {},
      values: null,
    })),
    p_ours_only: true,
  });
}

/**
 * An Account, Contact or Product that we remember is gone: what our records point to now is what it was merged into. Without
 * one the id is forgotten and the next drain finds it by name or e-mail.
 */
async function noticeGoneLinks(run: RunningRun, link: Link, deletions: Deletion[]): Promise<void> {
  const { db, zoho } = run.deps;
  const ids = deletions.map(({ id }) => id);
  const gone = link === "Products" ? ids.map((zoho_id) => ({ zoho_id, master: null })) : await survivorsOf(
    {
      db,
      read: (module, some, field) => run.ask(() => listRecordsByIds(zoho, module, some, [field])),
    },
    link,
    ids,
  );
  if (gone.length > 0) await callFunction(db, "zoho_gone_links", { p_zoho_type: link, p_gone: gone });
}
