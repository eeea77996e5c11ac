/**
 * The JSON that zoho-admin answers, route by route (docs/admin-api.md): types only, so that a page in a browser can
 * import them. A good answer is an `Answered`; everything else is a `RefusedAnswer`.
 */

export type * from "../alerts/answer.ts";
export type * from "../backfill/answer.ts";
export type * from "../status/answer.ts";
export type * from "../status/field_line.ts";
export type * from "./acts_answer.ts";
export type * from "./alerts_answer.ts";
export type * from "./answer.ts";
export type * from "./attempts_answer.ts";
export type * from "./contract_answer.ts";
export type * from "./events_answer.ts";
export type * from "./identity_answer.ts";
export type * from "./notices_answer.ts";
export type * from "./person_answer.ts";
export type * from "./problems_answer.ts";
export type * from "./questions_answer.ts";
export type * from "./queue_answer.ts";
export type * from "./reconcile_answer.ts";
export type * from "./runs_answer.ts";
export type * from "./search_answer.ts";
export type * from "./settings_answer.ts";

export type { AccountReason, ContactReason } from "../mapping/match_reasons.ts";
export type { ZohoType } from "../mapping/record_type.ts";
export type { EntityType } from "../mapping/types.ts";
