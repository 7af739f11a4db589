// SPDX-License-Identifier: MIT
// people.mjs - a directory beside the provider: the answers of a SCIM 2.0 service to a filter for one
// person (RFC 7644), for clients with their own token
//
// Anybody can sign in, so every person exists whose name does not begin with "nobody"; disabled
// persons are not active.

import { disabled } from './token.mjs';

const PATH = '/scim/v2/Users';
const FILTER = /^id eq "([^"\\]*)"$/;

const error = (status, detail) => ({
	schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'], status: String(status), detail,
});

async function mayRead(engine, header) {
	const [, token] = /^Bearer (.+)$/.exec(header) ?? [];
	const found = token && await engine.ClientCredentials.find(token);

	return found && found.clientId.startsWith('robot');
}

export function people(engine) {
	return async (ctx, next) => {
		if (ctx.path !== PATH) {
			await next();
			return;
		}
		const [, id] = FILTER.exec(ctx.query.filter ?? '') ?? [];

		ctx.status = 200;
		if (!await mayRead(engine, ctx.get('authorization'))) {
			ctx.status = 401;
			ctx.body = error(401, 'no token of a client that may read persons');
		} else if (id === undefined) {
			ctx.status = 400;
			ctx.body = { ...error(400, 'no such filter'), scimType: 'invalidFilter' };
		} else {
			const found = id.startsWith('nobody') ? [] : [{
				schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
				id, userName: `${id}@example.com`, active: !disabled.has(id),
			}];

			ctx.body = {
				schemas: ['urn:ietf:params:scim:api:messages:2.0:ListResponse'],
				totalResults: found.length, Resources: found,
			};
		}
		ctx.type = 'application/scim+json';
	};
}
