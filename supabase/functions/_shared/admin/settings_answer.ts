import type { ZohoType } from "../mapping/record_type.ts";
import type { EntityType } from "../mapping/types.ts";
import type { ChannelState, Versions } from "../status/answer.ts";
import type { FieldSide } from "../status/field_line.ts";

// GET /settings, /people

export interface SettingsAnswer {
  /** Which of CircleTel's records go to which module, and who decides each field. */
  mapping: {
    /** Null for records that have no row of their own in CircleTel. */
    entityType: EntityType | null;
    zohoType: ZohoType;
    /** Zoho's name of the module. */
    module: string;
    fields: {
      field: string;
      /** What the org calls it; null before its fields were read, or where it has none. */
      label: string | null;
      dataType: string;
      owner: FieldSide;
      /** Not in a new org: the setup makes it. */
      isCustom: boolean;
      /** What we write of a picklist; empty for other fields. */
      values: string[];
      /** What it is made of: "contracts.status". */
      columns: string[];
    }[];
  }[];
  /** What is known of Zoho's fields; empty before they were first read. */
  fieldMetadata: Record<string, unknown>[];
  channels: ChannelState[];
  versions: Versions;
  /** Names only; never a value. */
  variables: { name: string; isSet: boolean; isRequired: boolean }[];
  /** What is sent at all; the others are switched off. */
  syncedTypes: EntityType[];
  region: string;
  timeZone: string;
  dailyCredits: number;
  /** Calls under way at a time: what Zoho puts up with now, at most ZOHO_CONCURRENCY. */
  concurrency: number;
  /** ZOHO_CONCURRENCY. */
  mostConcurrency: number;
}

/** Who may have changed a record in Zoho. */
export interface PeopleAnswer {
  /** Users of the org by id. */
  names: Record<string, string>;
  /** The user that CircleTel's connection acts as; a workflow that our write sets off acts as it, too. */
  ownId: string | null;
}
