#include "search/data_pipeline.h"

#include <fmt/format.h>

#include <charconv>
#include <set>
#include <tuple>

#include "search/task_queue.h"

namespace pleat {
namespace {

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
std::string unpaired_msa_of(const ProteinChain& chain) {
  return chain.unpaired_msa->empty() ? query_only_msa(chain.sequence) : *chain.unpaired_msa;
}

// What the search for a protein depends on: the query, whether MSAs and templates are searched for, and the
// unpaired MSA where it is given.
using ProteinSearch = std::tuple<std::string, bool, bool, std::string>;

ProteinSearch protein_search(const ProteinChain& chain, const ChainPlan& plan) {
  const bool with_given = plan.templates && plan.msas.empty();
  return {plan.query, !plan.msas.empty(), plan.templates, with_given ? unpaired_msa_of(chain) : ""};
}

void copy_found(const ProteinChain& from, const ChainPlan& plan, ProteinChain& to) {
  if (!plan.msas.empty()) {
    to.unpaired_msa = from.unpaired_msa;
    to.paired_msa = from.paired_msa;
  }
  if (plan.templates) to.templates = from.templates;
}

}  // namespace

// Turns plans into tasks, each search once.
class DataPipeline::Queue {
 public:
  Queue(DataPipeline& pipeline, const Cancellation& cancellation)
      : pipeline_(pipeline), cancellation_(cancellation) {}

  void add(const FoldInput& job);
  void run(int cores) {
    pipeline_.progress_.expect(queue_.size());
    queue_.run(cores);
  }

 private:
  // The tasks that have to end before the results of `plan` are kept.
  std::vector<TaskQueue::Id> add(const MsaPlan& plan);
  void add_templates(const ChainPlan& plan, const std::optional<std::string>& given,
                     const std::vector<TaskQueue::Id>& after);
  void add_task(TaskQueue::Task task, std::function<void(int)> work);

  DataPipeline& pipeline_;
  const Cancellation& cancellation_;
  TaskQueue queue_;
  std::map<std::string, std::optional<TaskQueue::Id>> units_;  // by key; without a task where kept
  std::set<std::pair<std::string, std::optional<std::string>>> templates_;  // query, unpaired MSA if given
};

void DataPipeline::Queue::add(const FoldInput& unprepared) {
  const FoldInput job = pipeline_.planner_.prepared(unprepared);
  const auto plans = pipeline_.plan(job);
  for (size_t i = 0; i < plans.size(); ++i) {
    std::vector<std::vector<TaskQueue::Id>> tasks;
    for (const MsaPlan& msa : plans[i].msas) tasks.push_back(add(msa));
    if (!plans[i].templates) continue;
    if (tasks.empty()) {
      add_templates(plans[i], unpaired_msa_of(std::get<ProteinChain>(job.chains[i])), {});
    } else {
      add_templates(plans[i], std::nullopt, tasks.front());
    }
  }
}

std::vector<TaskQueue::Id> DataPipeline::Queue::add(const MsaPlan& plan) {
  std::vector<TaskQueue::Id> tasks;
  for (const MsaPlan::Part& part : plan.parts) {
    for (const SearchUnit& unit : part.units) {
      const auto [known, is_new] = units_.try_emplace(unit.key);
      if (is_new && !pipeline_.cache_.find(unit.key)) {
        known->second = queue_.size();
        add_task({unit.cost, unit.max_threads, unit.database, unit.max_parallel, {}, {}},
                 [this, unit](int threads) { pipeline_.result(unit, threads, cancellation_); });
      }
      if (known->second) tasks.push_back(*known->second);
    }
  }
  return tasks;
}

void DataPipeline::Queue::add_templates(const ChainPlan& plan, const std::optional<std::string>& given,
                                        const std::vector<TaskQueue::Id>& after) {
  if (!templates_.emplace(plan.query, given).second) return;
  const SearchUnit unit = pipeline_.planner_.template_unit(plan, given.value_or(""));
  add_task({unit.cost, unit.max_threads, unit.database, 0, after, {}}, [this, plan, given](int threads) {
    const std::string a3m = given ? *given : pipeline_.msa(plan.query, plan.msas[0], threads, cancellation_);
    pipeline_.template_hits(plan, a3m, threads, cancellation_);
  });
}

// An Error is remembered by the pipeline, and met again by complete().
void DataPipeline::Queue::add_task(TaskQueue::Task task, std::function<void(int)> work) {
  task.work = [this, work = std::move(work)](int threads) {
    pipeline_.progress_.take_one();
    try {
      work(threads);
    } catch (const Error&) {
    }
  };
  queue_.add(std::move(task));
}

DataPipeline::DataPipeline(SearchConfig config, TemplateRules rules, const SearchEngine& engine,
                           SearchCache& cache)
    : planner_(std::move(config), engine), rules_(std::move(rules)), engine_(engine), cache_(cache) {}

void DataPipeline::search(std::span<const FoldInput> jobs, int cores, const Cancellation& cancellation) {
  Queue queue(*this, cancellation);
  for (const FoldInput& job : jobs) {
    try {
      queue.add(job);
    } catch (const Error&) {  // met again by complete()
    }
  }
  queue.run(cores);
}

std::vector<ChainPlan> DataPipeline::plan(const FoldInput& prepared) {
  auto plans = planner_.plan(prepared);
  for (const ChainPlan& plan : plans) {
    if (plan.templates && !pdb_) pdb_ = PdbStore::open(planner_.pdb_path());
  }
  return plans;
}

FoldInput DataPipeline::complete(const FoldInput& job, const Cancellation& cancellation) {
  FoldInput completed = planner_.prepared(job);
  const auto plans = plan(completed);
  std::map<ProteinSearch, const ProteinChain*> searched;  // the first chain of each
  for (size_t i = 0; i < plans.size(); ++i) {
    if (auto* rna = std::get_if<RnaChain>(&completed.chains[i])) fill(*rna, plans[i], cancellation);
    auto* protein = std::get_if<ProteinChain>(&completed.chains[i]);
    if (!protein) continue;
    const auto [first, is_new] = searched.emplace(protein_search(*protein, plans[i]), protein);
    if (is_new) {
      fill(*protein, plans[i], cancellation);
    } else {
      copy_found(*first->second, plans[i], *protein);
    }
    fill_empty(protein->unpaired_msa, protein->sequence);
    fill_empty(protein->paired_msa, protein->sequence);
  }
  return completed;
}

void DataPipeline::fill(ProteinChain& chain, const ChainPlan& plan, const Cancellation& cancellation) {
  const int threads = planner_.config().jackhmmer_threads;
  if (!plan.msas.empty()) {
    chain.unpaired_msa = msa(plan.query, plan.msas[0], threads, cancellation);
    chain.paired_msa = msa(plan.query, plan.msas[1], threads, cancellation);
  }
  if (!plan.templates) return;
  const std::string hits =
      template_hits(plan, unpaired_msa_of(chain), planner_.config().hmmsearch_threads, cancellation);
  chain.templates = find_templates(plan.query, hits, *pdb_, rules_);
}

void DataPipeline::fill(RnaChain& chain, const ChainPlan& plan, const Cancellation& cancellation) {
  if (!plan.msas.empty())
    chain.unpaired_msa = msa(plan.query, plan.msas[0], planner_.config().nhmmer_threads, cancellation);
  fill_empty(chain.unpaired_msa, chain.sequence);
}

std::string DataPipeline::result(const SearchUnit& unit, int threads, const Cancellation& cancellation) {
  {
    const std::lock_guard lock(mutex_);
    const auto failed = failed_.find(unit.key);
    if (failed != failed_.end()) throw failed->second;
  }
  if (auto kept = cache_.find(unit.key)) return *kept;
  SearchProgress::Running running(progress_, unit.label, threads);
  try {
    std::string found = run(engine_, unit.search, threads, cancellation);
    cache_.keep(unit.key, found);
    running.succeeded();
    return found;
  } catch (const Error& error) {
    if (cancellation.requested()) throw Cancelled();  // the interrupt reached the program before us
    const std::lock_guard lock(mutex_);
    throw failed_.emplace(unit.key, error.within("search of " + unit.label)).first->second;
  }
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

}  // namespace pleat
