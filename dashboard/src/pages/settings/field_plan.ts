import type { AppliedField } from "../../say/fields.ts";

/** One field of the plan; see supabase/functions/_shared/admin/fields.ts. */
export interface ListedField {
  module: string;
  field: string;
  apiName: string | null;
  outcome: string;
  note: string | null;
  willApply: boolean;
  forPerson: boolean;
}

export interface FieldPlan {
  plan: ListedField[];
  toApply: number;
  forPerson: number;
  /** What was made, or refused by Zoho; empty of a plan that was only read. */
  applied: AppliedField[];
}
