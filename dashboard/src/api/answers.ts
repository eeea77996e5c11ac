/** The API's own types; the file imports nothing, so nothing of the functions comes into the page. */
export type * from "../../../supabase/functions/_shared/admin/answers.ts";
