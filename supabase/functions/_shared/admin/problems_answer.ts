import type { EntityType } from "../mapping/types.ts";
import type { Moment } from "../status/answer.ts";
import type { ListPage } from "./answer.ts";
import type { QueueItem } from "./queue_answer.ts";

// GET /problems, /problems/items

export interface ProblemGroup {
  code: string;
  field: string | null;
  /** Dead letters, and changes that failed at least twice and are tried again. */
  dead: number;
  retrying: number;
  oldestAt: Moment;
  /** What to do, one sentence. */
  advice: string;
  /** The page about it, below docs/. */
  page: string | null;
  /** Up to five. */
  examples: { entityType: EntityType; entityId: string; number: string | null }[];
}

export interface ProblemsAnswer {
  problems: ProblemGroup[];
}

export type ProblemItemsAnswer = ListPage<QueueItem>;
