import { exportJWK, generateKeyPair, type JWK } from "jose";

/** Fixed, so that a bookmark or an .env file survives a restart. Worth nothing outside this machine. */
export const PUBLISHABLE_KEY = "sb_publishable_local_stack_only_0000000";
export const SECRET_KEY = "sb_secret_local_stack_only_000000000000";

/** The key pair that signs user tokens towards the functions, as a project with asymmetric JWT keys has one. */
export interface SigningKey {
  kid: string;
  privateKey: CryptoKey;
  publicKey: CryptoKey;
  jwks: { keys: JWK[] };
}

export async function createSigningKey(): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair("ES256");
  const kid = crypto.randomUUID();
  const jwk: JWK = { ...await exportJWK(publicKey), kid, alg: "ES256", use: "sig" };
  return { kid, privateKey, publicKey, jwks: { keys: [jwk] } };
}
