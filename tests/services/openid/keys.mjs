// SPDX-License-Identifier: MIT
// keys.mjs - the provider's signing keys, and the keys of a client's assertions

import { generateKeyPair } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const KINDS = {
	RS256: ['rsa', { modulusLength: 2048 }],
	PS256: ['rsa', { modulusLength: 2048 }],
	ES256: ['ec', { namedCurve: 'P-256' }],
	EdDSA: ['ed25519', {}],
};

async function makeKey(alg, kid) {
	const { privateKey } = await promisify(generateKeyPair)(...KINDS[alg]);

	return {
		pem: privateKey.export({ format: 'pem', type: 'pkcs8' }),
		jwk: { ...privateKey.export({ format: 'jwk' }), kid, alg, use: 'sig' },
	};
}

export const publicPart = ({ d, p, q, dp, dq, qi, ...rest }) => rest;

// makeSigningKeys - one of each kind; the generation tells their key ids apart
export async function makeSigningKeys(generation) {
	const keys = await Promise.all(Object.keys(KINDS).map((alg) =>
		makeKey(alg, `${alg.toLowerCase()}-${generation}`)));

	return keys.map(({ jwk }) => jwk);
}

// makeClientKeys - the public keys of the client "jwt"; the private ones go into the folder as
// jwt-ALG.pem and jwt-ALG.jwk
export async function makeClientKeys(folder) {
	const algs = ['RS256', 'PS256', 'ES256', 'EdDSA'];
	const keys = await Promise.all(algs.map((alg) => makeKey(alg, `jwt-${alg.toLowerCase()}`)));

	if (folder) {
		await mkdir(folder, { recursive: true, mode: 0o700 });
		for (const { pem, jwk } of keys) {
			await writeFile(join(folder, `${jwk.kid}.pem`), pem, { mode: 0o600 });
			await writeFile(join(folder, `${jwk.kid}.jwk`), `${JSON.stringify(jwk)}\n`,
				{ mode: 0o600 });
		}
	}
	return keys.map(({ jwk }) => publicPart(jwk));
}
