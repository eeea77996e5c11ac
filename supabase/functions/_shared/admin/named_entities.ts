import { z } from "zod";
import { entityTypes } from "../mapping/types.ts";

/** Up to 1,000 entities, as a body names them. */
export const namedEntities = z.strictObject({
  entities: z.array(z.strictObject({ type: z.enum(entityTypes), id: z.guid() })).min(1).max(1000),
});

/** One entity, as a body names it. */
export const oneEntity = z.strictObject({ entityType: z.enum(entityTypes), id: z.guid() });
