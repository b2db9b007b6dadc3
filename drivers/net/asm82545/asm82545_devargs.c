/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The asm82545 Authors
 */

/* Device arguments: -a 0000:02:01.0,intr_us=50,rx_fifo_kb=32 */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include <rte_devargs.h>
#include <rte_kvargs.h>

#include "asm82545_ethdev.h"

/* §13.4.18: ITR counts 256 ns in 16 bits. */
#define ITR_NS           256
#define INTR_US_MAX      (UINT16_MAX * ITR_NS / 1000)
#define INTR_US_DEFAULT  20
/* §13.4.16: either side keeps what a frame of 16 KiB needs. */
#define RX_FIFO_KB_MIN   16
#define RX_FIFO_KB_MAX   48

static const struct devarg {
	const char *key;
	uint32_t min;
	uint32_t max;
	uint32_t step;
} devargs[] = {
	{ ASM82545_DEVARG_INTR_US, 0, INTR_US_MAX, 1 },
	{ ASM82545_DEVARG_RX_FIFO, RX_FIFO_KB_MIN, RX_FIFO_KB_MAX, 8 },
};

static int
parse_number(const char *key, const char *value, void *arg)
{
	unsigned long *number = arg;
	char *end = NULL;
	size_t i;

	errno = 0;
	*number = strtoul(value, &end, 10);
	for (i = 0; i < RTE_DIM(devargs); i++) {
		const struct devarg *d = &devargs[i];

		if (strcmp(d->key, key) != 0)
			continue;
		if (errno == 0 && end != value && *end == '\0' && value[0] != '-' &&
				*number >= d->min && *number <= d->max &&
				*number % d->step == 0)
			return 0;
		ASM82545_LOG(ERR, "%s=%s: give %" PRIu32 " to %" PRIu32 " in steps of %" PRIu32,
			key, value, d->min, d->max, d->step);
	}
	return -EINVAL;
}

int
asm82545_devargs_parse(struct asm82545_adapter *a, const struct rte_devargs *args)
{
	static const char *const keys[] = {
		ASM82545_DEVARG_INTR_US, ASM82545_DEVARG_RX_FIFO, NULL,
	};
	unsigned long intr_us = INTR_US_DEFAULT, rx_fifo_kb = ASM82545_PBA_RX_KB;
	struct rte_kvargs *kvlist;
	int ret = 0;

	if (args != NULL && args->args != NULL && args->args[0] != '\0') {
		kvlist = rte_kvargs_parse(args->args, keys);
		if (kvlist == NULL) {
			ASM82545_LOG(ERR, "devargs %s: give " ASM82545_DEVARG_INTR_US
				"=N or " ASM82545_DEVARG_RX_FIFO "=N", args->args);
			return -EINVAL;
		}
		ret = rte_kvargs_process(kvlist, ASM82545_DEVARG_INTR_US, parse_number,
				&intr_us);
		if (ret == 0)
			ret = rte_kvargs_process(kvlist, ASM82545_DEVARG_RX_FIFO,
					parse_number, &rx_fifo_kb);
		rte_kvargs_free(kvlist);
	}
	a->itr = intr_us * 1000 / ITR_NS;
	a->hw.rx_fifo_kb = rx_fifo_kb;
	return ret < 0 ? -EINVAL : 0;
}
