import type { Stack } from "./stack.ts";

/** Fixed, so that a browser may remember them. Worth nothing outside this machine. */
export const LOCAL_ADMIN = {
  email: "admin@circletel.example",
  password: "local-admin-1",
};

export interface Account {
  email: string;
  password: string;
}

/** Signs a user up through Auth, as a project's sign-in page would; returns the id. @throws Error */
export async function signUpAt(stack: Stack, account: Account): Promise<string> {
  const response = await fetch(`${stack.apiUrl}/auth/v1/signup`, {
    method: "POST",
    headers: {
      apikey: stack.publishableKey,
      "content-type": "application/json",
    },
    body: JSON.stringify(account),
  });
  const answer: { user?: { id?: string }; msg?: string } = await response.json();
  if (!answer.user?.id) {
    throw new Error(`${account.email} could not be signed up: ${answer.msg ?? response.status}`);
  }
  return answer.user.id;
}

/** A user who may use the dashboard. */
export async function seedAdmin(
  stack: Stack,
  account: Account = LOCAL_ADMIN,
  name = "Naledi Admin",
): Promise<string> {
  const id = await signUpAt(stack, account);
  await stack.sql`
    insert into public.admin_users (id, email, full_name, role, is_active)
    values (${id}, ${account.email}, ${name}, 'admin', true)
  `;
  return id;
}
