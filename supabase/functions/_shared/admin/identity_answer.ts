import type { IdentityState } from "../status/answer.ts";

// GET /identity, POST /adopt, /revisions/adopt

export interface IdentityAnswer {
  identity: IdentityState;
  /** The org that the functions' credentials belong to. */
  credentialsOrg: string;
}

export interface DatabaseAdopted {
  projectHost: string | null;
  org: string;
  epoch: number;
  channelId: string;
  /** Rows of the former org that were put aside, by table. */
  putAside: Record<string, number>;
}

export interface RevisionsAdopted {
  /** The number that this database's writes begin with from now on. */
  epoch: number;
  /** Those of the other writer. */
  otherEpochs: number[];
}
