import { join } from "node:path";
import * as sdk from "@zohocrm/nodejs-sdk-8.0";

/** What the SDK heard in answer to one HTTP call of its own. */
export interface HeardAnswer {
  /** The description of the answer in the SDK's json_details. */
  description: string;
  module: string | null;
  method: string;
  path: string;
  status: number;
  json: unknown;
  object: unknown;
}

/**
 * Points the SDK at the simulator. Its data centres are a fixed list, but an Environment takes any address, and the
 * `api_domain` of the token reply leads to the same one. Tokens, field descriptions and logs go to a temporary folder.
 */
export async function startSdk(url: string, folder: string): Promise<void> {
  const environment = new sdk.Environment(url, `${url}/oauth/v2/token`, url);
  const token = new sdk.OAuthBuilder()
    .clientId("1000.LOCALCLIENT")
    .clientSecret("local-client-secret")
    .refreshToken("1000.local.refresh")
    .build();
  const builder = await new sdk.InitializeBuilder();
  await builder
    .environment(environment)
    .token(token)
    .store(new sdk.FileStore(join(folder, "tokens.txt")))
    .SDKConfig(new sdk.SDKConfigBuilder().pickListValidation(true).autoRefreshFields(false).build())
    .resourcePath(folder)
    .logger(new sdk.LogBuilder().level(sdk.Levels.OFF).filePath(join(folder, "sdk.log")).build())
    .initialize();
}

/** Every answer that the SDK reads from now on, those to its own questions about fields and modules too. */
export function listenToSdk(onHeard: (heard: HeardAnswer) => void): void {
  const handlers = sdk.CommonAPIHandler.prototype;
  const call = handlers.apiCall;
  handlers.apiCall = async function (className: string, encoding: string) {
    const module: string | null = this.getModuleAPIName() ?? null;
    const response = await call.call(this, className, encoding);
    onHeard({
      description: className.replaceAll("\\", "/").replace(/^.*\/lib\//, "").replace(/\.js$/, ""),
      module,
      method: this.getHttpMethod(),
      path: this.getAPIPath(),
      status: response.getStatusCode(),
      json: response.getResponseJSON(),
      object: response.getObject(),
    });
    return response;
  };
}
