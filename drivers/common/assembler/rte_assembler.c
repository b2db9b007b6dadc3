/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

#include <errno.h>
#include <pthread.h>
#include <stdio.h>

#include <rte_cycles.h>
#include <rte_errno.h>
#include <rte_malloc.h>
#include <rte_random.h>
#include <rte_string_fns.h>

#include "assembler_lz4.h"
#include "assembler_private.h"
#include "assembler_sleep.h"

/* So many times its size a frame has at most before it is compressed. */
#define PLAIN_FACTOR 16

RTE_LOG_REGISTER_DEFAULT(assembler_logtype, NOTICE);

/* Settings of several words that any lcore may change: by one at a time. */
static pthread_mutex_t settings_lock = PTHREAD_MUTEX_INITIALIZER;

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_assembler_conf_default, 26.11)
void
rte_assembler_conf_default(struct rte_assembler_conf *conf)
{
	*conf = (struct rte_assembler_conf){
		.hold_us = 50,
		.max_frame = RTE_ETHER_MAX_LEN - RTE_ETHER_CRC_LEN,
		.max_count = 0,
		.min_count = 3,
		.max_pkt = 200,
		.ether_type = RTE_ASSEMBLER_ETHER_TYPE,
		.nb_workers = 0,
		.max_peers = 0,
		.max_dsts = 0,
		.max_prefixes4 = 0,
		.max_prefixes6 = 0,
		.nb_classes = 1,
		.ring_size = 1024,
		.idle_flush = false,
		.by_peer = false,
		.sleep_us = 0,
		.socket_id = SOCKET_ID_ANY,
	};
}

struct range {
	const char *name;
	uint32_t value;
	uint32_t min;
	uint32_t max;
};

static int
ranges_check(const struct range *ranges, size_t nb)
{
	size_t i;

	for (i = 0; i < nb; i++) {
		if (ranges[i].value >= ranges[i].min && ranges[i].value <= ranges[i].max)
			continue;
		ASSEMBLER_LOG(ERR, "%s is %u, not in %u..%u", ranges[i].name,
				ranges[i].value, ranges[i].min, ranges[i].max);
		return -EINVAL;
	}
	return 0;
}

static int
sizes_check(const struct rte_assembler_sizes *sizes, struct rte_mempool *frame_pool)
{
	const struct range ranges[] = {
		{ "max_frame", sizes->max_frame, ASSEMBLER_FRAME_MIN, 16384 },
		{ "min_count", sizes->min_count, 1, RTE_ASSEMBLER_MAX_MIN_COUNT },
		{ "max_pkt", sizes->max_pkt, ASSEMBLER_FRAME_MIN, RTE_ASSEMBLER_LEN_MASK },
	};

	if (ranges_check(ranges, RTE_DIM(ranges)) != 0)
		return -EINVAL;
	if (frame_pool == NULL || rte_pktmbuf_data_room_size(frame_pool) <
			RTE_PKTMBUF_HEADROOM + sizes->max_frame) {
		ASSEMBLER_LOG(ERR, "frame_pool has no room for frames of %u bytes",
				sizes->max_frame);
		return -EINVAL;
	}
	return 0;
}

static struct rte_assembler_sizes
conf_sizes(const struct rte_assembler_conf *conf)
{
	return (struct rte_assembler_sizes){
		.max_frame = conf->max_frame,
		.max_count = conf->max_count,
		.min_count = conf->min_count,
		.max_pkt = conf->max_pkt,
	};
}

static int
conf_check_ranges(const struct rte_assembler_conf *conf)
{
	const uint32_t max_prefixes = conf->max_peers != 0 ? 1 << 16 : 0;
	const struct range ranges[] = {
		{ "hold_us", conf->hold_us, 0, US_PER_S },
		{ "sleep_us", conf->sleep_us, 0, US_PER_S },
		{ "nb_workers", conf->nb_workers, 0, RTE_ASSEMBLER_MAX_WORKERS },
		{ "ring_size", conf->ring_size, 64, 32768 },
		{ "max_peers", conf->max_peers, 0, RTE_ASSEMBLER_MAX_PEERS },
		{ "max_dsts", conf->max_dsts, conf->max_peers, 1 << 20 },
		{ "max_prefixes4", conf->max_prefixes4, 0, max_prefixes },
		{ "max_prefixes6", conf->max_prefixes6, 0, max_prefixes },
		{ "nb_classes", conf->nb_classes, 1, RTE_ASSEMBLER_MAX_CLASSES },
	};

	return ranges_check(ranges, RTE_DIM(ranges));
}

int
assembler_ether_type_check(uint16_t ether_type)
{
	if (rte_assembler_ether_type_check(ether_type) == 0)
		return 0;
	ASSEMBLER_LOG(ERR, "ether_type is %#06x, below 0x0600 or that of another protocol: take "
			"an unused one, such as %#06x", ether_type, RTE_ASSEMBLER_ETHER_TYPE);
	return -EINVAL;
}

static int
conf_check(const char *name, const struct rte_assembler_conf *conf)
{
	const struct rte_assembler_sizes sizes = conf_sizes(conf);

	if (name[0] == '\0' || strlen(name) > ASSEMBLER_NAME_LEN) {
		ASSEMBLER_LOG(ERR, "the name \"%s\" does not have 1 to %u characters",
				name, ASSEMBLER_NAME_LEN);
		return -EINVAL;
	}
	if (!rte_is_valid_assigned_ether_addr(&conf->src)) {
		ASSEMBLER_LOG(ERR, "src is " RTE_ETHER_ADDR_PRT_FMT
				", which can be no port's address",
				RTE_ETHER_ADDR_BYTES(&conf->src));
		return -EINVAL;
	}
	if (conf_check_ranges(conf) != 0 || assembler_ether_type_check(conf->ether_type) != 0)
		return -EINVAL;
	if (!rte_is_power_of_2(conf->ring_size)) {
		ASSEMBLER_LOG(ERR, "ring_size is %u, not a power of two", conf->ring_size);
		return -EINVAL;
	}
	if (conf->lz4 && !rte_assembler_has_lz4()) {
		ASSEMBLER_LOG(ERR, "lz4 is on: build with liblz4 (liblz4-dev), or turn it off");
		return -EINVAL;
	}
	return sizes_check(&sizes, conf->frame_pool);
}

uint8_t *
assembler_scratch_create(const struct rte_assembler_conf *conf)
{
	size_t size = ASSEMBLER_SCRATCH_LEN + (conf->lz4 ? assembler_lz4_state_size() : 0);
	uint8_t *scratch = rte_malloc_socket("assembler_scratch", size, 0, conf->socket_id);

	if (scratch != NULL && conf->lz4)
		assembler_lz4_state_init(scratch + ASSEMBLER_SCRATCH_LEN);
	return scratch;
}

static int
workers_init(struct rte_assembler *a)
{
	struct rte_assembler_worker *w;
	uint16_t i;

	for (i = 0; i < a->conf.nb_workers; i++) {
		w = &a->workers[i];
		w->assembler = a;
		w->index = i;
		w->sleep_cycles = a->conf.sleep_us * rte_get_tsc_hz() / US_PER_S;
		w->scratch = assembler_scratch_create(&a->conf);
		w->peer_stats = assembler_peer_stats_create(&a->conf);
		if (w->scratch == NULL || w->peer_stats == NULL)
			return -ENOMEM;
	}
	return 0;
}

static uint64_t
sizes_word(const struct rte_assembler_sizes *sizes)
{
	union assembler_sizes word = { .s = *sizes };

	if (word.s.max_count == 0)
		word.s.max_count = UINT16_MAX;
	return word.word;
}

/* Sizes may change later, but not beyond what the mbufs can take. */
static uint16_t
plain_len(const struct rte_assembler_conf *conf)
{
	uint32_t room = rte_pktmbuf_data_room_size(conf->frame_pool) - RTE_PKTMBUF_HEADROOM;

	return RTE_MIN(PLAIN_FACTOR * room, (uint32_t)ASSEMBLER_PLAIN_LEN);
}

static void
rules_init(struct assembler_rules *rules, const struct rte_assembler_conf *conf)
{
	const struct rte_assembler_sizes sizes = conf_sizes(conf);

	*rules = (struct assembler_rules){
		.frame_pool = conf->frame_pool,
		.hold_cycles = conf->hold_us * rte_get_tsc_hz() / US_PER_S,
		.sizes = sizes_word(&sizes),
		.ether_type = rte_cpu_to_be_16(conf->ether_type),
		.plain_len = conf->lz4 ? plain_len(conf) : 0,
		.epoch = rte_rand(),
		.src = conf->src,
	};
}

static void
zone_name(char zone[RTE_MEMZONE_NAMESIZE], const char *name)
{
	snprintf(zone, RTE_MEMZONE_NAMESIZE, "ASM_%s", name);
}

struct lookup {
	char zone[RTE_MEMZONE_NAMESIZE];
	struct rte_assembler *found;
};

/* While EAL goes through its zones none is freed, by no process. */
static void
lookup_zone(const struct rte_memzone *memzone, void *arg)
{
	struct lookup *lookup = arg;
	struct rte_assembler *a = memzone->addr;

	/* A11: pairs with R11 in rte_assembler_create(): it is complete. */
	if (strcmp(memzone->name, lookup->zone) == 0 && assembler_load_acquire(&a->ready))
		lookup->found = a;
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_assembler_lookup, 26.11)
struct rte_assembler *
rte_assembler_lookup(const char *name)
{
	struct lookup lookup = { .found = NULL };

	zone_name(lookup.zone, name);
	rte_memzone_walk(lookup_zone, &lookup);
	if (lookup.found == NULL)
		rte_errno = ENOENT;
	return lookup.found;
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_assembler_create, 26.11)
struct rte_assembler *
rte_assembler_create(const char *name, const struct rte_assembler_conf *conf)
{
	char zone[RTE_MEMZONE_NAMESIZE];
	const struct rte_memzone *memzone;
	struct rte_assembler *a;
	uint16_t i;

	if (rte_eal_process_type() == RTE_PROC_SECONDARY) {
		ASSEMBLER_LOG(ERR, "%s: create it in the primary process, and look it up here",
				name);
		rte_errno = E_RTE_SECONDARY;
		return NULL;
	}
	if (conf_check(name, conf) != 0) {
		rte_errno = EINVAL;
		return NULL;
	}
	zone_name(zone, name);
	memzone = rte_memzone_reserve_aligned(zone, sizeof(*a), conf->socket_id, 0,
			RTE_CACHE_LINE_SIZE);
	if (memzone == NULL) {
		ASSEMBLER_LOG(ERR, "no memory for %s: %s", name, rte_strerror(rte_errno));
		rte_errno = rte_errno == EEXIST ? EEXIST : ENOMEM;
		return NULL;
	}
	a = memzone->addr;
	memset(a, 0, sizeof(*a));
	a->memzone = memzone;
	a->conf = *conf;
	strlcpy(a->name, name, sizeof(a->name));
	rules_init(a->rules, conf);
	for (i = 1; i < conf->nb_classes; i++)
		a->rules[i] = a->rules[0];
	if (workers_init(a) != 0 || assembler_peers_init(a) != 0) {
		rte_assembler_free(a);
		rte_errno = ENOMEM;
		return NULL;
	}
	assembler_telemetry_add(a);
	assembler_remote_listen();
	/* R11: pairs with A11 in lookup_zone(). */
	assembler_store_release(&a->ready, 1);
	return a;
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_assembler_free, 26.11)
void
rte_assembler_free(struct rte_assembler *a)
{
	uint32_t i;

	if (a == NULL)
		return;
	assembler_remote_end(a);
	assembler_telemetry_remove(a);
	assembler_service_unregister(a);
	for (i = 0; i < a->nb_slots; i++)
		assembler_client_free(a->slots[i]);
	for (i = 0; i < a->conf.nb_workers; i++) {
		rte_free(a->workers[i].scratch);
		rte_free(a->workers[i].peer_stats);
	}
	assembler_peers_free(a);
	/* A secondary process may be asking for it. */
	assembler_remote_lock();
	rte_memzone_free(a->memzone);
	assembler_remote_unlock();
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_assembler_peer_set, 26.11)
int
rte_assembler_peer_set(struct rte_assembler *a, const struct rte_ether_addr *peer)
{
	const union assembler_limits limits = { .word = 0 };
	union assembler_peer p = { .word = 0 };
	int ret = 0;

	if (peer != NULL && !rte_is_valid_assigned_ether_addr(peer))
		return -EINVAL;
	if (peer != NULL) {
		p.addr = *peer;
		p.known = 1;
	}
	pthread_mutex_lock(&settings_lock);
	if (a->discovery == NULL)
		assembler_peer_tell(a, 0, p, limits);
	else
		ret = -EBUSY;
	pthread_mutex_unlock(&settings_lock);
	return ret;
}

int
assembler_set_discovery(struct rte_assembler *a, struct rte_assembler_discovery *d)
{
	int ret = 0;

	pthread_mutex_lock(&settings_lock);
	if (d == NULL || a->discovery == NULL)
		assembler_telemetry_set_discovery(a, d);
	else
		ret = -EBUSY;
	pthread_mutex_unlock(&settings_lock);
	return ret;
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_assembler_sizes_set, 26.11)
int
rte_assembler_sizes_set(struct rte_assembler *a, const struct rte_assembler_sizes *sizes)
{
	uint16_t class;

	if (sizes_check(sizes, a->conf.frame_pool) != 0)
		return -EINVAL;
	/* To those who read them each word stands by itself. */
	pthread_mutex_lock(&settings_lock);
	for (class = 0; class < a->conf.nb_classes; class++)
		assembler_store_relaxed(&a->rules[class].sizes, sizes_word(sizes));
	pthread_mutex_unlock(&settings_lock);
	return 0;
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_assembler_worker_get, 26.11)
struct rte_assembler_worker *
rte_assembler_worker_get(struct rte_assembler *a, uint16_t index)
{
	return index < a->conf.nb_workers ? &a->workers[index] : NULL;
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_assembler_workers_stop, 26.11)
void
rte_assembler_workers_stop(struct rte_assembler *a)
{
	uint16_t i;

	/* R4: pairs with A4 in rte_assembler_worker_main(). */
	for (i = 0; i < a->conf.nb_workers; i++) {
		assembler_store_release(&a->workers[i].stop, 1);
		assembler_worker_rouse(&a->workers[i]);
	}
}
