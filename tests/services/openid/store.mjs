// SPDX-License-Identifier: MIT
// store.mjs - the provider's data, in memory
//
// The library has its own store, but that drops entries when it is full. This one drops nothing,
// tests can read it, and of several simultaneous requests only one can spend a one-time token.

import { errors } from 'oidc-provider';

const entries = new Map();	// MODEL:ID -> payload
const shortcuts = new Map();	// uid:… and user:… -> MODEL:ID
const now = () => Math.floor(Date.now() / 1000);

export function* each(...models) {
	for (const [key, payload] of entries) {
		const model = key.slice(0, key.indexOf(':'));

		if (models.includes(model))
			yield { key, model, id: key.slice(model.length + 1), payload };
	}
}

export function remember(model, id, payload) {
	entries.set(`${model}:${id}`, payload);
}

export function recall(model, id) {
	return entries.get(`${model}:${id}`);
}

export function forget(...keys) {
	for (const key of keys)
		entries.delete(key);
}

// forgetGrant - all that was issued for a person's one consent, or what of it passes the filter
export function forgetGrant(grantId, filter = () => true) {
	for (const [key, payload] of entries) {
		if (payload.grantId === grantId && filter(key))
			entries.delete(key);
	}
}

class Adapter {
	constructor(model) {
		this.model = model;
	}

	async upsert(id, payload) {
		const key = `${this.model}:${id}`;

		entries.set(key, payload);
		if (this.model === 'Session')
			shortcuts.set(`uid:${payload.uid}`, key);
		if (payload.userCode)
			shortcuts.set(`user:${payload.userCode}`, key);
	}

	async find(id) {
		return entries.get(`${this.model}:${id}`);
	}

	async findByUid(uid) {
		return entries.get(shortcuts.get(`uid:${uid}`));
	}

	async findByUserCode(userCode) {
		return entries.get(shortcuts.get(`user:${userCode}`));
	}

	async consume(id) {
		const payload = entries.get(`${this.model}:${id}`);

		if (!payload || payload.consumed) {
			if (payload)
				forgetGrant(payload.grantId);
			throw new errors.InvalidGrant(`${this.model} already used`);
		}
		payload.consumed = now();
	}

	async destroy(id) {
		entries.delete(`${this.model}:${id}`);
	}

	async revokeByGrantId(grantId) {
		forgetGrant(grantId);
	}
}

export const adapter = (model) => new Adapter(model);
