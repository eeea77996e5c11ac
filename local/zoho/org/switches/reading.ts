import { z } from "zod";

/** What a read answers. */
export const readSwitches = {
  /** How long a search still answers as before a write. */
  indexLagMs: z.number().min(0).default(0),
  /** Whether COQL reads what is committed, or what the search index knows. */
  coqlFreshness: z.enum(["committed", "indexed"]).default("committed"),
  timeOffsetMinutes: z.number().int().default(120),
  picklistReads: z.enum(["actual", "display"]).default("actual"),
  unknownIdStatus: z.union([z.literal(204), z.literal(400)]).default(204),
  listUnknownFields: z.enum(["ignore", "refuse"]).default("ignore"),
  ifModifiedSince: z.enum(["from", "after"]).default("from"),
  searchConditions: z.number().int().default(10),
  coqlRowLimit: z.number().int().default(200),
  coqlInValues: z.number().int().default(50),
  coqlQuote: z.enum(["doubled", "backslash", "both"]).default("doubled"),
  coqlBrackets: z.enum(["pairwise", "free"]).default("pairwise"),
  /** Whether the lines of records are a module of their own that can be read; hidden: INVALID_MODULE, in COQL INVALID_QUERY. */
  lineModules: z.enum(["readable", "hidden"]).default("readable"),
  /** Columns that this module does not have. */
  lineColumnsHidden: z.array(z.string()).default([]),
  /** Whether a query shows a line's record and Product as `{id}`, or as the id alone. */
  lineLookups: z.enum(["object", "id"]).default("object"),
  fieldsInclude: z.enum(["optional", "required"]).default("optional"),
  /** Which refusals of calls on a module stand in `data[]`: those the documents show so, none, or all. */
  refusals: z.enum(["documented", "bare", "wrapped"]).default("documented"),
  /** Modules that the integration's user may not touch: 403. */
  noPermission: z.array(z.string()).default([]),
  /** Modules that are switched off, or hidden from the integration's user: INVALID_MODULE, in COQL INVALID_QUERY. */
  hiddenModules: z.array(z.string()).default([]),
};
