/* SPDX-License-Identifier: MIT */
/*
 * claim.pml - hosts that share one rotating refresh token: claim, spend, commit
 *
 * What it assumes, what it shows, and which of its variants must fail: README beside it. Time is in
 * ticks, and only deadlines count it down, so that the number of states is finite.
 *
 * Refresh tokens are numbers: the first is 1, and each exchange that is granted makes the next. A
 * generation of the record is the number of the refresh token in it.
 */
#ifndef HOSTS
#define HOSTS 2
#endif
#ifndef LAST
#define LAST 3		/* generations that are looked at */
#endif
#ifndef T
#define T 1		/* ticks from a claim to its deadline */
#endif
#define NOBODY 255
#define GONE 254	/* the host that it was before its machine restarted */

/* GRACE: for so many ticks the service answers a token that was just spent with its successor. 0: a
 * spent token that comes again ends the whole sign-in. */
#ifndef GRACE
#define GRACE 0
#endif

/* What a variant leaves out. */
#ifndef FENCE1
#define FENCE1 1	/* nothing is sent after the deadline */
#endif
#ifndef FENCE2
#define FENCE2 1	/* the service refuses what arrives after it */
#endif
#ifndef KEPT
#define KEPT 1		/* an answer that could not be committed is kept */
#endif
#ifndef BY_GENERATION
#define BY_GENERATION 1	/* a commit compares the generation, not the claim */
#endif
#ifndef AMBIGUOUS
#define AMBIGUOUS 1	/* a claim past its deadline may have been spent */
#endif
#ifndef SINCE
#define SINCE 1		/* who takes a claim over keeps the time of the first */
#endif
#ifndef WITHIN
#define WITHIN 1	/* … and sends nothing that could arrive after the window */
#endif
#ifndef QUIET
#define QUIET 1		/* a commit over somebody's claim leaves him its time: no new claim before */
#endif
#ifndef LEASE
#define LEASE 0		/* none of it: a lease, used as a lock */
#endif
#ifndef OTHERS
#define OTHERS 1	/* to the others each claim of a host is another one, with its whole time */
#endif
#ifndef LOCK
#define LOCK 1		/* only a claim made under its own lock is a host's own, and no copy's of its folder */
#endif
/* No pause between the look at the clock and the arrival: what fence 1 alone needs. */
#ifndef PROMPT
#define PROMPT 0
#endif
/* Answers of the service are lost, and hosts with an exchange of theirs underway. */
#ifndef LOSSES
#define LOSSES 0
#endif

mtype = { IDLE, CLAIMED, CHECKED, WAITING };

/* The store: linearizable. Each of its writes is one step. */
byte s_rt = 1;			/* the record: its refresh token, and so its generation */
byte c_host = NOBODY;		/* the claim */
byte c_left = 0;		/* ticks to its deadline */
byte c_age = 0;			/* since the first claim of this refresh token */
byte c_hold = 0;		/* ticks in which a claim that was committed over may still send */
bool late[HOSTS];		/* a claim on its way there, over what is there now */
bool seen[HOSTS];		/* nothing was written since this host has read: its revision holds */

/* The token service. */
byte cur = 1;			/* the refresh token that is good */
byte grace = 0;			/* ticks in which the one before is still answered */
bool reused = false;

/* A host's memory, which a kill takes, and its disk, which it does not. */
mtype pc[HOSTS] = IDLE;
byte h_rt[HOSTS];		/* what it has read, and sends */
byte h_left[HOSTS];		/* to the deadline of its claim, by CLOCK_BOOTTIME */
byte kept[HOSTS];		/* an answer on the disk; 0: none */
bool sent[HOSTS];		/* the journal: what the record has may have been sent */

/* A request on its way, which outlives its sender; 0: none. */
byte p_rt[HOSTS];
byte p_left[HOSTS];		/* what the assertion's exp says */

#if HOSTS == 2
#define ANY(what) (what(0) || what(1))
#else
#define ANY(what) (what(0) || what(1) || what(2))
#endif
#define HAS_NEWEST(h) (kept[h] == cur)
#define HELD(h) (kept[h] > s_rt)
#define NEWEST_IS_SOMEWHERE (s_rt == cur || ANY(HAS_NEWEST))

/* The two promises. */
#define SAFE assert(!reused); assert(NEWEST_IS_SOMEWHERE || grace > 0)

inline wrote() {
	for (w : 0 .. HOSTS - 1) { seen[w] = false; late[w] = false }
	w = 0
}

inline forget(h) {
	pc[h] = IDLE; h_rt[h] = 0; h_left[h] = 0; seen[h] = false
}

inline write_claim(h) {
	if
	:: c_host == NOBODY || !SINCE -> c_age = 0
	:: else
	fi;
	if
	:: OTHERS || c_host != h -> c_left = T
	:: else
	fi;
	if
	:: c_host != NOBODY && c_host != h -> sent[h] = true
	:: else
	fi;
	c_host = h; wrote()
}

/* The record becomes what a host brings. Whose claim it was does not matter any more. */
inline write_answer(h) {
	if
	:: QUIET && c_host != NOBODY && c_host != h && c_left > c_hold -> c_hold = c_left
	:: else
	fi;
	s_rt = kept[h]; c_host = NOBODY; c_left = 0; c_age = 0; wrote();
	for (w : 0 .. HOSTS - 1) { sent[w] = false }
	w = 0
}

/* The service takes the request of a host. */
inline spend(h) {
	if
#if FENCE2 && !LEASE
	:: p_left[h] == 0 -> printf("STEP %d refused-late\n", h)
	:: p_left[h] > 0 ->
#else
	:: true ->
#endif
		if
		:: p_rt[h] == cur ->
			printf("STEP %d granted %d\n", h, p_rt[h]);
			cur++; grace = GRACE; kept[h] = cur
		:: p_rt[h] + 1 == cur && grace > 0 ->
			printf("STEP %d replayed %d\n", h, p_rt[h]);
			kept[h] = cur
		:: else -> printf("STEP %d REUSE %d\n", h, p_rt[h]); reused = true
		fi
	fi;
	p_rt[h] = 0; p_left[h] = 0
}

/* A host that may begin: nobody on it does (its lock, which a request on its way holds too), and an
 * answer that it has kept is seen to first. */
#define BEGINS(h) (pc[h] == IDLE && p_rt[h] == 0 && kept[h] == 0 && s_rt < LAST)

/* The claim of another that is past its deadline: the same refresh token is sent again while the
 * service would answer that, and when the access token has ended and nobody came with an answer
 * (README, assumption 5). */
#if WITHIN
#define REPLAY (c_age + T <= GRACE)
#else
#define REPLAY (c_age < GRACE)
#endif
#if AMBIGUOUS
#define FREE ((c_host == NOBODY && c_hold == 0) || \
	      (c_host != NOBODY && c_left == 0 && (REPLAY || (c_age > GRACE && !ANY(HELD)))))
#else
#define FREE (c_host == NOBODY || c_left == 0)
#endif

/* … and its own, whichever of those that it has made it is. */
#if LOCK
#define OWN(h) (c_host == h)
#else
#define OWN(h) (c_host != NOBODY)
#endif
#define MAY(h) (FREE || (OWN(h) && (!sent[h] || REPLAY || (c_age > GRACE && !ANY(HELD)))))

#if BY_GENERATION
#define NEWER(h) (kept[h] > s_rt)
#else
#define NEWER(h) (kept[h] > s_rt && c_host == h)
#endif
#define COMMITS(h) (kept[h] != 0 && (pc[h] == WAITING || pc[h] == IDLE))

/* In every place a host may pause for as long as it likes: nothing makes it take a step. */
proctype host(byte h) {
	byte w;
end:	do
#if LEASE
	:: atomic { BEGINS(h) && (c_host == NOBODY || c_left == 0) ->
		printf("STEP %d lease %d\n", h, s_rt);
		c_host = h; c_left = T; h_rt[h] = s_rt; h_left[h] = T; pc[h] = CLAIMED
	   }
	:: atomic { COMMITS(h) ->
		printf("STEP %d write %d\n", h, kept[h]);
		s_rt = kept[h]; c_host = NOBODY; c_left = 0; kept[h] = 0; forget(h); SAFE
	   }
#else
	:: atomic { BEGINS(h) && MAY(h) && !seen[h] ->
		printf("STEP %d read %d\n", h, s_rt);
		seen[h] = true; h_rt[h] = s_rt
	   }
	:: atomic { BEGINS(h) && MAY(h) && seen[h] ->
		printf("STEP %d claim %d\n", h, s_rt);
		write_claim(h); h_left[h] = T; pc[h] = CLAIMED
	   }
	/* The claim is written, and nobody says so. */
	:: atomic { BEGINS(h) && MAY(h) && seen[h] ->
		printf("STEP %d claim-unknown %d\n", h, s_rt);
		write_claim(h); forget(h)
	   }
	/* … or will be, after whoever sent it is gone. */
	:: atomic { BEGINS(h) && MAY(h) && seen[h] ->
		printf("STEP %d claim-late %d\n", h, s_rt);
		late[h] = true; forget(h)
	   }
	/* The machine restarts: what this host has claimed counts as another's. */
	:: atomic { pc[h] == IDLE && p_rt[h] == 0 && c_host == h ->
		printf("STEP %d restart\n", h);
		c_host = GONE
	   }
	/* Commit: by who has waited, or by whoever runs next on this host. */
	:: atomic { COMMITS(h) && NEWER(h) ->
		printf("STEP %d commit %d\n", h, kept[h]);
		write_answer(h); kept[h] = 0; forget(h); SAFE
	   }
	/* It is written, and nobody says so. */
	:: atomic { COMMITS(h) && NEWER(h) ->
		printf("STEP %d commit-unknown %d\n", h, kept[h]);
		write_answer(h); forget(h); SAFE
	   }
	:: atomic { COMMITS(h) && !NEWER(h) ->
		printf("STEP %d superseded %d\n", h, kept[h]);
		kept[h] = 0; forget(h); SAFE
	   }
	/* The store is out of reach. */
	:: atomic { COMMITS(h) && pc[h] == WAITING ->
		printf("STEP %d store-away %d\n", h, kept[h]);
#if !KEPT
		kept[h] = 0;
#endif
		forget(h); SAFE
	   }
#endif
#if FENCE1 && !LEASE
	:: atomic { pc[h] == CLAIMED && h_left[h] == 0 ->
		printf("STEP %d too-late\n", h); forget(h)
	   }
	:: atomic { pc[h] == CLAIMED && h_left[h] > 0 ->
#else
	:: atomic { pc[h] == CLAIMED ->
#endif
#if PROMPT
		printf("STEP %d send %d\n", h, h_rt[h]);
		p_rt[h] = h_rt[h]; p_left[h] = h_left[h]; pc[h] = WAITING; sent[h] = true;
		spend(h); SAFE
	   }
#else
		printf("STEP %d check %d\n", h, h_rt[h]);
		pc[h] = CHECKED
	   }
	:: atomic { pc[h] == CHECKED ->
		printf("STEP %d send %d\n", h, h_rt[h]);
		p_rt[h] = h_rt[h]; p_left[h] = h_left[h]; pc[h] = WAITING; sent[h] = true
	   }
#endif
	/* Refused, or lost on its way. */
	:: atomic { pc[h] == WAITING && p_rt[h] == 0 && kept[h] == 0 ->
		printf("STEP %d no-answer\n", h); forget(h)
	   }
	/* What is on its way goes on, and its answer finds the disk. */
	:: atomic { pc[h] != IDLE ->
		printf("STEP %d kill\n", h);
#if !KEPT
		kept[h] = 0;
#endif
		forget(h); SAFE
	   }
	od
}

proctype network(byte h) {
	byte w;
end:	do
	:: atomic { late[h] -> printf("STEP %d claim-arrives\n", h); write_claim(h) }
	:: atomic { p_rt[h] != 0 -> spend(h); SAFE }
	:: atomic { p_rt[h] != 0 ->
		printf("STEP %d lost\n", h); p_rt[h] = 0; p_left[h] = 0
	   }
#if LOSSES
	/* Spent, and the answer finds nobody: the connection or the whole host is gone. */
	:: atomic { p_rt[h] != 0 ->
		printf("STEP %d answer-lost\n", h);
		spend(h); kept[h] = 0; forget(h); SAFE
	   }
#endif
	od
}

#define RUNNING(h) (h_left[h] > 0 || p_left[h] > 0)
#define COUNTS (c_left > 0 || c_hold > 0 || grace > 0 || ANY(RUNNING) || \
		(c_host != NOBODY && c_age <= GRACE))

proctype clock() {
	byte k;
end:	do
	/* Where the newest token is nowhere else, somebody asks before the service's grace ends
	 * (README, assumption 6). */
	:: atomic { COUNTS && (NEWEST_IS_SOMEWHERE || grace > 1) ->
		printf("STEP - tick\n");
		if :: c_left > 0 -> c_left-- :: else fi;
		if :: c_hold > 0 -> c_hold-- :: else fi;
		if :: c_host != NOBODY && c_age <= GRACE -> c_age++ :: else fi;
		if :: grace > 0 -> grace-- :: else fi;
		for (k : 0 .. HOSTS - 1) {
			if :: h_left[k] > 0 -> h_left[k]-- :: else fi;
			if :: p_left[k] > 0 -> p_left[k]-- :: else fi
		}
		k = 0;
		SAFE
	   }
	/* Nobody can take a step: then all there was to do is done. */
	:: atomic { timeout -> assert(s_rt == LAST || !NEWEST_IS_SOMEWHERE); break }
	od
}

init {
	byte n;
	atomic {
		for (n : 0 .. HOSTS - 1) { run host(n); run network(n) }
		run clock()
	}
}
