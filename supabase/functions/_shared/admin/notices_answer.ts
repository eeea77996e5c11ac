import type { EntityType } from "../mapping/types.ts";
import type { Moment } from "../status/answer.ts";
import type { ListPage } from "./answer.ts";

// GET /notices, POST /notices/acknowledge

export interface NoticeItem {
  id: string;
  at: Moment;
  kind: string;
  entityType: EntityType | null;
  entityId: string | null;
  number: string | null;
  zohoType: string | null;
  zohoId: string | null;
  message: string;
  acknowledgedAt: Moment | null;
}

export type NoticesAnswer = ListPage<NoticeItem>;

export interface AcknowledgeRequest {
  ids: string[];
}

export interface AcknowledgeAnswer {
  acknowledged: number;
}
