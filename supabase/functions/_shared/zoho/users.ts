import { isRecord } from "../platform/is_record.ts";
import type { ZohoClient } from "./client.ts";

/** A user of the org. */
export interface ZohoUser {
  id: string;
  name: string;
}

/** The first 200 users of the org; one credit. @throws ZohoCallError, ZohoTokenError */
export function fetchUsers(client: ZohoClient): Promise<ZohoUser[]> {
  return usersOf(client, "AllUsers");
}

/** The user that the connection acts as; one credit. @throws ZohoCallError, ZohoTokenError */
export async function ownUser(client: ZohoClient): Promise<ZohoUser | null> {
  return (await usersOf(client, "CurrentUser"))[0] ?? null;
}

async function usersOf(client: ZohoClient, type: string): Promise<ZohoUser[]> {
  const { body } = await client.call({ method: "GET", path: "/users", query: { type, per_page: "200" } });
  const users = isRecord(body) && Array.isArray(body.users) ? body.users : [];
  return users.flatMap((user) =>
    isRecord(user) && typeof user.id === "string" && typeof user.full_name === "string"
      ? [{ id: user.id, name: user.full_name }]
      : []
  );
}
