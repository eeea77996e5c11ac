import type { How } from "../../mapping/record_type.ts";
import type { EntityType, Fields } from "../../mapping/types.ts";
import { isAgreement, stageAskedBy, stageField, stageIn } from "../../merge/stage_rules.ts";
import type { ValueRules } from "../../merge/values.ts";
import { kinds, type Subject } from "../claim/kinds.ts";

/** The inputs of a projection besides the entity's own rows. */
export interface ProjectionContext {
  source: unknown;
  /** What Zoho is known to hold. */
  snapshot: Fields;
  /** Zoho's ids of Products by code. */
  productIds: ReadonlyMap<string, string>;
  rules: ValueRules;
}

type Projected = { fields: Fields; problem: null } | { fields: null; problem: string };

/**
 * The values that Zoho should have for an entity now, by the drain's own functions, or why they cannot be determined.
 */
export function projectEntity(entityType: EntityType, known: ProjectionContext): Projected {
  if (known.source === null || known.source === undefined) {
    return nothing(`Nothing of this ${entityType} goes to the CRM`);
  }
  const subject = kinds[entityType].read(known.source);
  if ("field" in subject) return nothing(`The mapping does not know the value of ${subject.field}`);
  const { party } = subject;
  if (party.internal_test) return nothing("Rows of internal_test customers never reach the CRM");
  const links = {
    accountId: party.account_id,
    contactId: party.contact?.zoho_id ?? null,
    productIds: known.productIds,
  };
  try {
    const fields = openProjection(subject, { ...known.rules, links });
    return { fields: { ...fields, ...stageOf(subject, known) }, problem: null };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return nothing("A Product of its lines is not known in Zoho yet; the next drain finds or makes it");
  }
}

/**
 * The fields that CircleTel owns, without links that the next drain has yet to resolve.
 * @throws RangeError for a row that no projection can be made of
 */
export function openProjection({ party, company, project }: Subject, how: How): Fields {
  const fields = { ...project(how) };
  if (how.links.accountId === null && company !== null) delete fields.Account_Name;
  if (how.links.contactId === null && party.customer !== null) delete fields.Contact_Name;
  return fields;
}

/** The stage of a new record, or the stage that replaces one that disagrees with our status. */
function stageOf({ shared }: Subject, { snapshot, rules }: ProjectionContext): Fields {
  if (shared === null) return {};
  const held = stageIn(snapshot);
  if (held === null) return { [stageField]: shared.firstStage };
  const stage = isAgreement(shared.status, held, rules) ? null : stageAskedBy(shared.status);
  return stage === null ? {} : { [stageField]: stage };
}

function nothing(problem: string): Projected {
  return { fields: null, problem };
}

/** The codes of the Products that a source's lines point to. */
export function productCodes(entityType: EntityType, source: unknown): string[] {
  if (source === null || source === undefined) return [];
  const subject = kinds[entityType].read(source);
  return "field" in subject ? [] : subject.products.map(({ code }) => code);
}
