import type { OrgSettings } from "./settings.ts";

export interface User {
  id: string;
  name: string;
  email: string;
}

/** The user the integration's tokens belong to, and a person who works in the CRM by hand. */
export interface Users {
  integration: User;
  seller: User;
}

export function createUsers(nextId: () => string): Users {
  return {
    integration: { id: nextId(), name: "CircleTel Integration", email: "integration@circletel.example" },
    seller: { id: nextId(), name: "Thandi Seller", email: "thandi@circletel.example" },
  };
}

export function isActive({ users, settings }: { users: Users; settings: OrgSettings }, user: User): boolean {
  return !settings.inactiveUsers.some((name) => users[name].id === user.id);
}
