import { followDeployDoc } from "./deploy_doc.ts";
const t = performance.now();
console.log(await followDeployDoc(), Math.round((performance.now() - t) / 1000), "s");
Deno.exit(0);
