/** The API's own types; the file holds types only, so no code of the functions comes into the page. */
export type * from "../../../supabase/functions/_shared/admin/answers.ts";
