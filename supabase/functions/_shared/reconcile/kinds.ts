import { contactProjection } from "../mapping/contact.ts";
import { readRecord } from "../mapping/read.ts";
import { revisionField } from "../merge/revision.ts";
import { isAgreement, isSameStage, stageField, stageIn } from "../merge/stage_rules.ts";
import type { ValueRules } from "../merge/values.ts";
import type { EntityType, Fields } from "../mapping/types.ts";
import { type Kind as SyncKind, kinds as syncKinds, type Subject } from "../sync/kinds.ts";

/** How the records of one kind of entity are read and what they should hold: the drain's own functions. */
export interface Kind extends Pick<SyncKind, "module" | "zohoType" | "reference" | "isPointedTo" | "lines"> {
  entityType: EntityType;
  /** Asked of a list, which shows no line items. */
  fields: readonly string[];
  read: (record: Record<string, unknown>) => Fields;
  /**
   * The fields that a record should hold now, line items with their Products' codes instead of ids. A field that is not
   * decided at this moment is left out: a Stage that agrees with the status or that both sides left as it is, an Account
   * that the next drain looks up.
   *
   * @param held what Zoho holds
   * @returns null when the rows cannot be read (a BAD_SOURCE dead letter says which)
   */
  wanted: (source: unknown, held: Fields, agreed: LastAgreed | null, rules: ValueRules) => Fields | null;
}

/** A record's stage and its contract's status when both sides agreed last. */
interface LastAgreed {
  stage: string | null;
  status: string;
}

function kindOf(entityType: EntityType): Kind {
  const kind = syncKinds[entityType];
  const names = Object.keys(kind.owners);
  const listed = names.filter((name) => name !== kind.lines);
  const { module, zohoType, reference, isPointedTo, lines } = kind;
  return {
    entityType,
    module,
    zohoType,
    reference,
    isPointedTo,
    lines,
    fields: [
      ...listed,
      ...(kind.hasStage ? [revisionField] : []),
    ],
    read: (record) => readRecord(names, record),
    wanted: (source, held, agreed, rules) => {
      const subject = kind.read(source);
      return "field" in subject ? null : wantedOf(kind, subject, { held, agreed }, rules);
    },
  };
}

/** By entity type, in the order of a run. */
export const kinds: Readonly<Record<EntityType, Kind>> = {
  contract: kindOf("contract"),
  quote: kindOf("quote"),
  customer: kindOf("customer"),
  invoice: kindOf("invoice"),
};

export const reconciledTypes = Object.keys(kinds) as [EntityType, ...EntityType[]];

function wantedOf(
  kind: SyncKind,
  subject: Subject,
  { held, agreed }: { held: Fields; agreed: LastAgreed | null },
  rules: ValueRules,
): Fields | null {
  const { party: { account_id: accountId, contact, customer }, company } = subject;
  if (kind.module === "Contacts") return customer === null ? null : contactProjection(customer);
  const links = {
    accountId,
    contactId: contact?.zoho_id ?? null,
    productIds: new Map(subject.products.map(({ code }) => [code, code])),
  };
  const wanted = projectOrNull(() => subject.project({ links, timeZone: rules.timeZone }));
  if (wanted === null) return null;
  const { shared } = subject;
  const stage = stageIn(held);
  const isLeft = agreed !== null && agreed.status === shared?.status &&
    isSameStage(stage, agreed.stage, rules);
  if (shared !== null && !isLeft && !isAgreement(shared.status, stage, rules)) {
    wanted[stageField] = shared.firstStage;
  }
  if (accountId === null && company !== null) delete wanted.Account_Name;
  if (contact === null && customer !== null) delete wanted.Contact_Name;
  return wanted;
}

function projectOrNull(project: () => Fields): Fields | null {
  try {
    return { ...project() };
  } catch {
    // As in the drain: a row that no projection can be made of is one dead letter, and not a fault of the run.
    return null;
  }
}
