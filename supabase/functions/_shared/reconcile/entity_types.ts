import { z } from "zod";

/** Every entity type that a row of the sync may name. */
export const entityTypes = z.enum(["quote", "contract", "customer", "invoice"]);
