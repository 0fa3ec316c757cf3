// Hands a signal to the handlers that were installed before ours, as the kernel would have.
#pragma once

#include <signal.h>

namespace mkwrite {

/// Remembers a handler that ours displaces; the last one remembered is called first. A handler that
/// is known already is not added again. Callers take turns.
void remember_handler(const struct sigaction& action) noexcept;

/// Calls the remembered handlers' latest. A handler that in turn calls the one it displaced, ours,
/// reaches the next earlier one. At the end of the chain stands the default action.
/// Async-signal-safe.
void chain_signal(int signal, siginfo_t* info, void* context) noexcept;

}  // namespace mkwrite
