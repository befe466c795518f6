#include "search/data_pipeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <mutex>
#include <set>
#include <tuple>

#include "search/task_queue.h"

namespace pleat::search {
namespace {

// Queries of one pass through a file: their profiles and hits are in memory together.
constexpr size_t kMostTogether = 64;

// MsaHits as one text: the length of the A3M, the A3M, the scores.
std::string to_text(const MsaHits& hits) {
  return fmt::format("{}\n{}{}", hits.a3m.size(), hits.a3m, hits.scores);
}

MsaHits to_hits(const std::string& text) {
  size_t length = 0;
  const char* end = text.data() + text.size();
  const auto [digits_end, error] = std::from_chars(text.data(), end, length);
  const size_t start = digits_end + 1 - text.data();
  PLEAT_ASSERT(error == std::errc() && start + length <= text.size());
  return {text.substr(start, length), text.substr(start + length)};
}

std::string run(const SearchEngine& engine, std::variant<MsaSearch, TemplateSearch> search, int threads,
                const Cancellation& cancellation) {
  if (auto* msa = std::get_if<MsaSearch>(&search)) {
    msa->threads = threads;
    return to_text(engine.search(*msa, cancellation));
  }
  auto& templates = std::get<TemplateSearch>(search);
  templates.threads = threads;
  return engine.search(templates, cancellation);
}

void fill_empty(std::optional<std::string>& msa, const std::string& query) {
  if (msa->empty()) msa = query_only_msa(query);
}

// The unpaired MSA for a template search.
std::string unpaired_msa_of(const input::ProteinChain& chain) {
  return chain.unpaired_msa->empty() ? query_only_msa(chain.sequence) : *chain.unpaired_msa;
}

// What the search for a protein depends on: the query, which MSAs and whether templates are searched for, the unpaired
// MSA where it is given, and the chain's own date.
using ProteinSearch = std::tuple<std::string, bool, bool, bool, std::string, std::optional<std::string>>;

ProteinSearch protein_search(const input::ProteinChain& chain, const ChainPlan& plan) {
  const bool with_given = plan.templates && !plan.finds_unpaired();
  return {plan.query,
          plan.finds_unpaired(),
          plan.finds_paired(),
          plan.templates,
          with_given ? unpaired_msa_of(chain) : "",
          chain.max_template_date};
}

void copy_found(const input::ProteinChain& from, const ChainPlan& plan, input::ProteinChain& to) {
  if (plan.finds_unpaired()) to.unpaired_msa = from.unpaired_msa;
  if (plan.finds_paired()) to.paired_msa = from.paired_msa;
  if (plan.templates) to.templates = from.templates;
}

// The given unpaired MSA for a chain's template search; nullopt when it must be searched for first.
std::optional<std::string> given_msa_of(const input::Chain& chain, const ChainPlan& plan) {
  return plan.finds_unpaired() ? std::nullopt
                               : std::optional(unpaired_msa_of(std::get<input::ProteinChain>(chain)));
}

// The key of a chain's template search, known before its MSA is. (A given MSA is never empty.)
std::string template_task_key(const ChainPlan& plan, const std::optional<std::string>& given_msa) {
  return fmt::format("templates\n{}\n{}", plan.query, given_msa.value_or(""));
}

// The keys of the tasks that a chain needs.
std::vector<std::string> task_keys(const input::Chain& chain, const ChainPlan& plan) {
  std::vector<std::string> keys;
  for (const MsaPlan& msa : plan.msas) {
    for (const MsaPlan::Part& part : msa.parts) {
      for (const SearchUnit& unit : part.units) keys.push_back(unit.key);
    }
  }
  if (plan.templates) keys.push_back(template_task_key(plan, given_msa_of(chain, plan)));
  return keys;
}

}  // namespace

// Turns plans into tasks, one for each different search, and failures of tasks into failures of jobs.
class DataPipeline::Queue {
 public:
  Queue(DataPipeline& pipeline, const Cancellation& cancellation, const OnFailure& on_failure)
      : pipeline_(pipeline), cancellation_(cancellation), on_failure_(on_failure) {}
  ~Queue() { pipeline_.progress_.expect(0); }
  Queue(const Queue&) = delete;
  Queue& operator=(const Queue&) = delete;

  // Excludes the searches of other parts.
  void divide(std::span<const input::FoldInput> jobs, SearchPart part);
  // Adds the next job.
  void add(const input::FoldInput& job);
  void run(int cores, const SearchProgress::OnChange& on_change);

 private:
  // Searches of one file in one pass.
  struct Pass {
    TaskQueue::Id task;
    std::vector<SearchUnit> units;
  };

  void add(const input::FoldInput& prepared, const JobPlan& plan);
  // The tasks that make the missing results of `plan`.
  std::vector<TaskQueue::Id> add(const MsaPlan& plan);
  // The task of a search whose result is missing.
  TaskQueue::Id add(const SearchUnit& unit);
  TaskQueue::Id add_to_pass(const SearchUnit& unit);
  void add_templates(const ChainPlan& plan, const std::optional<std::string>& given,
                     const std::vector<TaskQueue::Id>& after);
  // Notes that the job being added needs the task of this key, and returns the task; calls `make` for a new
  // key. nullopt when the result exists already.
  std::optional<TaskQueue::Id> need(const std::string& key,
                                    const std::function<std::optional<TaskQueue::Id>()>& make);
  // Does `work`, the search of a key, if a job still needs it.
  void do_search(const std::string& key, const std::function<void()>& work);
  void do_pass(const Pass& pass, int threads);
  // Fails the job added last.
  void refuse(const Error& reason);
  bool is_needed(const std::string& key);
  void fail(const std::string& key, const Error& error);

  DataPipeline& pipeline_;
  const Cancellation& cancellation_;
  const OnFailure& on_failure_;
  TaskQueue queue_;
  std::map<std::string, std::optional<TaskQueue::Id>> tasks_;  // by key; nullopt where the result exists
  std::map<std::string, std::vector<size_t>> jobs_;            // that need a search, by key
  std::map<fs::path, std::shared_ptr<Pass>> passes_;           // with room for more queries
  size_t searches_ = 0;
  std::set<std::string> other_parts_;                            // keys of the other parts' searches
  std::vector<std::pair<Error, std::vector<size_t>>> refusals_;  // reasons, and the jobs of each
  std::mutex mutex_;                                             // guards the next members while tasks run
  std::vector<bool> failed_;                                     // by job
};

void DataPipeline::Queue::divide(std::span<const input::FoldInput> jobs, SearchPart part) {
  std::vector<std::string> queries, keys;
  std::map<std::string, std::string> query_of;  // by key
  const auto add = [&](const std::string& key, const std::string& query) {
    if (query_of.emplace(key, query).second) keys.push_back(key);
    queries.push_back(query);
  };
  for (const input::FoldInput& job : jobs) {
    const input::FoldInput prepared = pipeline_.planner_.prepared(job);
    const JobPlan plan = pipeline_.plan(prepared);
    for (size_t i = 0; i < plan.chains.size(); ++i) {
      const ChainPlan& chain = plan.chains[i];
      for (const MsaPlan& msa : chain.msas)
        for (const MsaPlan::Part& database : msa.parts)
          for (const SearchUnit& unit : database.units) add(unit.key, chain.query);
      if (chain.templates && !chain.finds_unpaired())
        add(template_task_key(chain, given_msa_of(prepared.chains[i], chain)), chain.query);
    }
  }
  std::sort(queries.begin(), queries.end(), [](const std::string& a, const std::string& b) {
    return a.size() != b.size() ? a.size() > b.size() : a < b;
  });
  queries.erase(std::unique(queries.begin(), queries.end()), queries.end());
  std::map<std::string, size_t> number_of;  // by query
  for (size_t at = 0; at < queries.size(); ++at) number_of.emplace(queries[at], at);
  const bool by_query = queries.size() >= static_cast<size_t>(part.count);
  for (size_t at = 0; at < keys.size(); ++at) {
    const size_t number = by_query ? number_of.at(query_of.at(keys[at])) : at;
    if (number % static_cast<size_t>(part.count) != static_cast<size_t>(part.index))
      other_parts_.insert(keys[at]);
  }
}

void DataPipeline::Queue::add(const input::FoldInput& unprepared) {
  failed_.push_back(false);
  try {
    const input::FoldInput job = pipeline_.planner_.prepared(unprepared);
    const JobPlan plan = pipeline_.plan(job);
    for (const Error& problem : plan.problems) refuse(problem);
    if (!failed_.back()) add(job, plan);
  } catch (const Error& error) {  // for example, a file deleted since the planning
    refuse(error);
  }
}

void DataPipeline::Queue::refuse(const Error& reason) {
  failed_.back() = true;
  auto known = std::find_if(refusals_.begin(), refusals_.end(), [&](const auto& refusal) {
    return std::string_view(refusal.first.what()) == reason.what();
  });
  if (known == refusals_.end()) known = refusals_.insert(known, {reason, {}});
  known->second.push_back(failed_.size() - 1);
}

void DataPipeline::Queue::run(int cores, const SearchProgress::OnChange& on_change) {
  for (const auto& [reason, jobs] : refusals_) on_failure_(jobs, reason);
  pipeline_.progress_.expect(searches_, on_change);
  queue_.run(cores);
}

void DataPipeline::Queue::add(const input::FoldInput& job, const JobPlan& plan) {
  for (size_t i = 0; i < plan.chains.size(); ++i) {
    const ChainPlan& chain = plan.chains[i];
    std::vector<std::vector<TaskQueue::Id>> tasks;
    for (const MsaPlan& msa : chain.msas) tasks.push_back(add(msa));
    if (!chain.templates) continue;
    add_templates(chain, given_msa_of(job.chains[i], chain),
                  chain.finds_unpaired() ? tasks.front() : std::vector<TaskQueue::Id>());
  }
}

std::vector<TaskQueue::Id> DataPipeline::Queue::add(const MsaPlan& plan) {
  std::vector<TaskQueue::Id> tasks;
  for (const MsaPlan::Part& part : plan.parts) {
    for (const SearchUnit& unit : part.units) {
      const auto task = need(unit.key, [&]() -> std::optional<TaskQueue::Id> {
        if (other_parts_.contains(unit.key) || pipeline_.cache_.find(unit.key)) return std::nullopt;
        return add(unit);
      });
      if (task && std::find(tasks.begin(), tasks.end(), *task) == tasks.end()) tasks.push_back(*task);
    }
  }
  return tasks;
}

TaskQueue::Id DataPipeline::Queue::add(const SearchUnit& unit) {
  ++searches_;
  if (pipeline_.engine_.searches_together(std::get<MsaSearch>(unit.search).kind)) return add_to_pass(unit);
  return queue_.add(
      {unit.cost, unit.max_threads, unit.database, unit.max_parallel, {}, [this, unit](int threads) {
         do_search(unit.key, [&] { pipeline_.result(unit, threads, cancellation_); });
       }});
}

TaskQueue::Id DataPipeline::Queue::add_to_pass(const SearchUnit& unit) {
  std::shared_ptr<Pass>& pass = passes_[std::get<MsaSearch>(unit.search).file];
  if (pass && pass->units.size() < kMostTogether) {
    queue_.extend(pass->task, unit.cost, unit.max_threads);
  } else {
    pass = std::make_shared<Pass>();
    pass->task = queue_.add(
        {unit.cost, unit.max_threads, unit.database, unit.max_parallel, {}, [this, pass = pass](int threads) {
           do_pass(*pass, threads);
         }});
  }
  pass->units.push_back(unit);
  return pass->task;
}

void DataPipeline::Queue::add_templates(const ChainPlan& plan, const std::optional<std::string>& given,
                                        const std::vector<TaskQueue::Id>& after) {
  const std::string key = template_task_key(plan, given);
  if (other_parts_.contains(key)) return;
  need(key, [&] {
    ++searches_;
    const SearchUnit unit = pipeline_.planner_.template_unit(plan, given.value_or(""));
    return std::optional(queue_.add(
        {unit.cost, unit.max_threads, unit.database, 0, after, [this, key, plan, given](int threads) {
           do_search(key, [&] {
             if (!given && !pipeline_.is_kept(plan.msas[0])) return;  // another part searches for it
             const std::string a3m =
                 given ? *given : pipeline_.msa(plan.query, plan.msas[0], threads, cancellation_);
             pipeline_.template_hits(plan, a3m, threads, cancellation_);
           });
         }}));
  });
}

std::optional<TaskQueue::Id> DataPipeline::Queue::need(
    const std::string& key, const std::function<std::optional<TaskQueue::Id>()>& make) {
  const auto [known, is_new] = tasks_.try_emplace(key);
  if (is_new) known->second = make();
  if (known->second) jobs_[key].push_back(failed_.size() - 1);
  return known->second;
}

void DataPipeline::Queue::do_search(const std::string& key, const std::function<void()>& work) {
  pipeline_.progress_.take(1);
  if (!is_needed(key)) return;
  try {
    work();
  } catch (const Error& error) {
    fail(key, error);
  }
}

void DataPipeline::Queue::do_pass(const Pass& pass, int threads) {
  pipeline_.progress_.take(pass.units.size());
  std::vector<SearchUnit> needed;
  for (const SearchUnit& unit : pass.units)
    if (is_needed(unit.key)) needed.push_back(unit);
  for (const auto& [key, error] : pipeline_.search_together(needed, threads, cancellation_)) fail(key, error);
}

bool DataPipeline::Queue::is_needed(const std::string& key) {
  const std::lock_guard lock(mutex_);
  const auto& jobs = jobs_.at(key);
  return !std::all_of(jobs.begin(), jobs.end(), [&](size_t job) { return failed_[job]; });
}

void DataPipeline::Queue::fail(const std::string& key, const Error& error) {
  const std::lock_guard lock(mutex_);
  pipeline_.failed_.emplace(key, error);
  std::vector<size_t> failing;
  for (const size_t job : jobs_.at(key)) {
    if (!failed_[job]) failing.push_back(job);
    failed_[job] = true;
  }
  if (!failing.empty()) on_failure_(failing, error);
}

DataPipeline::DataPipeline(SearchConfig config, TemplateRules rules, const SearchEngine& engine,
                           SearchCache& cache)
    : planner_(std::move(config), engine), rules_(std::move(rules)), engine_(engine), cache_(cache) {}

void DataPipeline::search(std::span<const input::FoldInput> jobs, int cores, const Cancellation& cancellation,
                          const OnFailure& on_failure, SearchPart part,
                          const SearchProgress::OnChange& on_change) {
  Queue queue(*this, cancellation, on_failure);
  if (part.count > 1) queue.divide(jobs, part);
  for (const input::FoldInput& job : jobs) queue.add(job);
  queue.run(cores, on_change);
}

bool DataPipeline::is_kept(const MsaPlan& plan) const {
  return std::all_of(plan.parts.begin(), plan.parts.end(), [&](const MsaPlan::Part& part) {
    return std::all_of(part.units.begin(), part.units.end(),
                       [&](const SearchUnit& unit) { return cache_.find(unit.key).has_value(); });
  });
}

bool DataPipeline::is_complete(const input::FoldInput& job) {
  const input::FoldInput prepared = planner_.prepared(job);
  const JobPlan plan = this->plan(prepared);
  for (size_t i = 0; i < plan.chains.size(); ++i) {
    const ChainPlan& chain = plan.chains[i];
    if (!std::all_of(chain.msas.begin(), chain.msas.end(), [&](const MsaPlan& msa) { return is_kept(msa); }))
      return false;
    if (!chain.templates) continue;
    const auto given = given_msa_of(prepared.chains[i], chain);
    const std::string a3m = given ? *given : msa(chain.query, chain.msas[0], 1, Cancellation());
    if (!cache_.find(planner_.template_unit(chain, a3m).key)) return false;
  }
  return true;
}

JobPlan DataPipeline::plan(const input::FoldInput& prepared) {
  JobPlan plan = planner_.plan(prepared);
  const bool templates =
      std::any_of(plan.chains.begin(), plan.chains.end(), [](const auto& chain) { return chain.templates; });
  if (!templates) return plan;
  if (!pdb_ && !pdb_problem_) {
    try {
      pdb_ = PdbStore::open(planner_.pdb_path());
    } catch (const Error& error) {
      pdb_problem_ = error;
    }
  }
  if (pdb_problem_) plan.problems.push_back(*pdb_problem_);
  return plan;
}

void DataPipeline::require_success(const input::FoldInput& prepared, const JobPlan& plan) const {
  if (!plan.problems.empty()) throw FailedInSearch(plan.problems.front());
  for (size_t i = 0; i < plan.chains.size(); ++i) {
    for (const std::string& key : task_keys(prepared.chains[i], plan.chains[i])) {
      const auto failed = failed_.find(key);
      if (failed != failed_.end()) throw FailedInSearch(failed->second);
    }
  }
}

input::FoldInput DataPipeline::complete(const input::FoldInput& job, const Cancellation& cancellation) {
  input::FoldInput completed = planner_.prepared(job);
  const JobPlan plan = this->plan(completed);
  require_success(completed, plan);
  std::map<ProteinSearch, const input::ProteinChain*> searched;  // the first chain with each search
  for (size_t i = 0; i < plan.chains.size(); ++i) {
    const ChainPlan& of_chain = plan.chains[i];
    if (auto* rna = std::get_if<input::RnaChain>(&completed.chains[i])) fill(*rna, of_chain, cancellation);
    auto* protein = std::get_if<input::ProteinChain>(&completed.chains[i]);
    if (!protein) continue;
    const auto [first, is_new] = searched.emplace(protein_search(*protein, of_chain), protein);
    if (is_new) {
      fill(*protein, of_chain, cancellation);
    } else {
      copy_found(*first->second, of_chain, *protein);
    }
    fill_empty(protein->unpaired_msa, protein->sequence);
    fill_empty(protein->paired_msa, protein->sequence);
  }
  return completed;
}

void DataPipeline::fill(input::ProteinChain& chain, const ChainPlan& plan, const Cancellation& cancellation) {
  const int threads = planner_.config().jackhmmer_threads;
  if (plan.finds_unpaired()) chain.unpaired_msa = msa(plan.query, plan.msas.front(), threads, cancellation);
  if (plan.finds_paired()) chain.paired_msa = msa(plan.query, plan.msas.back(), threads, cancellation);
  if (!plan.templates) return;
  const std::string hits =
      template_hits(plan, unpaired_msa_of(chain), planner_.config().hmmsearch_threads, cancellation);
  TemplateRules rules = rules_;
  rules.max_date = chain.max_template_date.value_or(rules.max_date);
  chain.templates = find_templates(plan.query, hits, *pdb_, rules);
}

void DataPipeline::fill(input::RnaChain& chain, const ChainPlan& plan, const Cancellation& cancellation) {
  if (!plan.msas.empty())
    chain.unpaired_msa = msa(plan.query, plan.msas[0], planner_.config().nhmmer_threads, cancellation);
  fill_empty(chain.unpaired_msa, chain.sequence);
}

std::string DataPipeline::result(const SearchUnit& unit, int threads, const Cancellation& cancellation) {
  if (auto kept = cache_.find(unit.key)) return *kept;
  SearchProgress::Running running(progress_, unit.label, threads);
  try {
    std::string found = run(engine_, unit.search, threads, cancellation);
    cache_.keep(unit.key, found);
    running.succeeded();
    return found;
  } catch (const Error& error) {
    if (cancellation.requested()) throw Cancelled();  // Ctrl-C stopped the program first
    throw error.within("search of " + unit.label);
  }
}

std::map<std::string, Error> DataPipeline::search_together(const std::vector<SearchUnit>& units, int threads,
                                                           const Cancellation& cancellation) {
  std::vector<const SearchUnit*> open;
  std::vector<MsaSearch> searches;
  for (const SearchUnit& unit : units) {
    if (cache_.find(unit.key)) continue;
    open.push_back(&unit);
    searches.push_back(std::get<MsaSearch>(unit.search));
    searches.back().threads = threads;
  }
  std::map<std::string, Error> failures;
  if (open.empty()) return failures;
  const std::string label = open.size() == 1
                                ? open[0]->label
                                : fmt::format("{} for {} chains at once", open[0]->target, open.size());
  SearchProgress::Running running(progress_, label, threads, open.size());
  const auto fail = [&](const SearchUnit& unit, const Error& error) {
    if (cancellation.requested()) throw Cancelled();
    failures.emplace(unit.key, error.within("search of " + unit.label));
  };
  try {
    const std::vector<MsaOutcome> outcomes = engine_.search_together(searches, cancellation);
    for (size_t i = 0; i < open.size(); ++i) {
      if (const auto* hits = std::get_if<MsaHits>(&outcomes[i]))
        cache_.keep(open[i]->key, to_text(*hits));
      else
        fail(*open[i], std::get<Error>(outcomes[i]));
    }
    if (failures.size() < open.size()) running.succeeded();
  } catch (const Error& error) {
    for (const SearchUnit* unit : open) fail(*unit, error);
  }
  return failures;
}

std::string DataPipeline::msa(const std::string& query, const MsaPlan& plan, int threads,
                              const Cancellation& cancellation) {
  std::vector<DatabaseHits> hits;
  for (const MsaPlan::Part& part : plan.parts) {
    DatabaseHits& of_database = hits.emplace_back(DatabaseHits{part.sharded, {}});
    for (const SearchUnit& unit : part.units)
      of_database.files.push_back(to_hits(result(unit, threads, cancellation)));
  }
  return make_msa(plan.use, query, hits);
}

std::string DataPipeline::template_hits(const ChainPlan& plan, const std::string& a3m, int threads,
                                        const Cancellation& cancellation) {
  return result(planner_.template_unit(plan, a3m), threads, cancellation);
}

}  // namespace pleat::search
