import { createClient } from "@supabase/supabase-js";
import type { Stack } from "../../local/stack.ts";

let people = 0;

/** Signs a user up through the gateway; returns the id and the headers with which their browser would call. */
export async function signUp(
  stack: Stack,
  admin?: { is_active: boolean; role?: string },
): Promise<{ id: string; headers: Record<string, string> }> {
  const client = createClient(stack.apiUrl, stack.publishableKey, {
    auth: { persistSession: false, autoRefreshToken: false },
  });
  const email = `person.${++people}@circletel.example`;
  const { data, error } = await client.auth.signUp({ email, password: "correct horse 1" });
  const { user, session } = data;
  if (error || !user || !session) throw new Error(`the sign-up failed: ${error?.message}`);
  if (admin) {
    await stack.sql`
      insert into public.admin_users (id, email, role, is_active)
      values (${user.id}, ${email}, ${admin.role ?? "admin"}, ${admin.is_active})
    `;
  }
  const headers = { apikey: stack.publishableKey, authorization: `Bearer ${session.access_token}` };
  return { id: user.id, headers };
}
