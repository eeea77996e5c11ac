import type { Identity } from "./identity.ts";

/** Why this database, these functions and this org do not belong together, or write nothing for now. */
export class IdentityError extends Error {
  override readonly name = "IdentityError";
  constructor(readonly code: "NOT_THIS_PROJECT" | "WRONG_ORG" | "OBSERVING", message: string) {
    super(message);
  }
}

export function notThisProject({ projectHost, askedBy }: Identity): IdentityError {
  return new IdentityError(
    "NOT_THIS_PROJECT",
    `the database belongs to ${projectHost}, and these functions to ${askedBy}`,
  );
}

export function wrongOrg(pinned: string | null, actual: string): IdentityError {
  return new IdentityError(
    "WRONG_ORG",
    `the credentials belong to the Zoho org ${actual}, and the database to ${pinned}`,
  );
}

export function observing(): IdentityError {
  return new IdentityError("OBSERVING", "the sync observes and writes nothing");
}
