/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

/* Workers as services of EAL, which maps them to service lcores. */

#include <errno.h>
#include <stdio.h>

#include <rte_service_component.h>

#include "assembler_private.h"

static int32_t
service_poll(void *arg)
{
	return rte_assembler_worker_poll(arg) != 0 ? 0 : -EAGAIN;
}

static int
service_add(struct rte_assembler_worker *w)
{
	struct rte_service_spec spec = {
		.callback = service_poll,
		.callback_userdata = w,
		.socket_id = w->assembler->conf.socket_id,
	};
	int ret;

	snprintf(spec.name, sizeof(spec.name), "%s_w%u", w->assembler->name, w->index);
	ret = rte_service_component_register(&spec, &w->service);
	if (ret != 0)
		return ret;
	w->is_service = true;
	return rte_service_component_runstate_set(w->service, 1);
}

void
assembler_service_unregister(struct rte_assembler *a)
{
	uint16_t i;

	for (i = 0; i < a->conf.nb_workers; i++) {
		if (!a->workers[i].is_service)
			continue;
		rte_service_component_unregister(a->workers[i].service);
		a->workers[i].is_service = false;
	}
}

RTE_EXPORT_EXPERIMENTAL_SYMBOL(rte_assembler_service_register, 26.11)
int
rte_assembler_service_register(struct rte_assembler *a, uint32_t *ids)
{
	uint16_t i;
	int ret;

	if (a->conf.nb_workers == 0 || a->workers[0].is_service)
		return -EINVAL;
	for (i = 0; i < a->conf.nb_workers; i++) {
		ret = service_add(&a->workers[i]);
		if (ret != 0) {
			ASSEMBLER_LOG(ERR, "%s: no service for worker %u", a->name, i);
			assembler_service_unregister(a);
			return ret;
		}
		ids[i] = a->workers[i].service;
	}
	return 0;
}
