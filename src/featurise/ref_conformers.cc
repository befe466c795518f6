#include "featurise/ref_conformers.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <list>
#include <mutex>
#include <thread>

#include "base/error.h"
#include "base/log.h"
#include "base/stopwatch.h"
#include "random/numpy_random.h"

namespace pleat::featurise {
namespace {

using Vector = std::array<double, 3>;

double dot(const Vector& a, const Vector& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

Vector scaled(const Vector& v, double factor) { return {v[0] * factor, v[1] * factor, v[2] * factor}; }

Vector unit(const Vector& v) {
  const double length = std::max(1e-10, std::sqrt(dot(v, v)));
  return {v[0] / length, v[1] / length, v[2] / length};
}

Vector cross(const Vector& a, const Vector& b) {
  return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
}

// The random numbers of one residue.
struct Draw {
  uint32_t conformer_seed = 0;
  Vector axis_0, axis_1, translation;
};

Draw draw(random::NumpyRandomState& random, bool has_molecule) {
  Draw result;
  if (has_molecule) result.conformer_seed = static_cast<uint32_t>(random.randint(1, int64_t{1} << 31));
  for (Vector* vector : {&result.axis_0, &result.axis_1, &result.translation}) {
    for (double& component : *vector) component = random.normal();
  }
  return result;
}

// Centres the atoms (in float32), rotates them by the Gram-Schmidt frame of the two axes (rows e0, e1, e2),
// and translates them (in float64).
void augment(std::vector<ReferenceAtom>& atoms, const Draw& draw) {
  std::array<float, 3> centre{};
  for (const ReferenceAtom& atom : atoms) {
    for (size_t i = 0; i < 3; ++i) centre[i] += atom.position[i];
  }
  for (float& c : centre) c /= static_cast<float>(atoms.size());

  const Vector e0 = unit(draw.axis_0);
  const Vector along = scaled(e0, dot(draw.axis_1, e0));
  const Vector e1 = unit({draw.axis_1[0] - along[0], draw.axis_1[1] - along[1], draw.axis_1[2] - along[2]});
  const Vector rows[3] = {e0, e1, cross(e0, e1)};
  for (ReferenceAtom& atom : atoms) {
    Vector p;
    for (size_t i = 0; i < 3; ++i) p[i] = atom.position[i] - centre[i];
    for (size_t i = 0; i < 3; ++i) {
      atom.position[i] = static_cast<float>(dot(rows[i], p) + draw.translation[i]);
    }
  }
}

std::vector<ReferenceAtom> from_conformer(const chem::Conformer& conformer) {
  std::vector<ReferenceAtom> atoms;
  for (const chem::Conformer::Atom& atom : conformer.atoms) {
    atoms.push_back({atom.name, atom.position, atom.atomic_number, atom.charge});
  }
  return atoms;
}

int charge_of(const chem::ComponentAtom& atom, const std::string& where) {
  if (atom.charge == "?") return 0;
  const std::optional<int> charge = chem::parse_charge(atom.charge);
  if (!charge)
    throw Error(where, "the charge '" + atom.charge + "' is not an integer", "Correct the component.");
  return *charge;
}

// The component's own coordinates.
struct OwnCoordinates {
  std::vector<ReferenceAtom> atoms;
  bool all_known = true;
};

// Ideal ones, or where any is unknown and the component is old enough the model's; unknown ones are 0.
OwnCoordinates own_coordinates(const chem::Component& component, const std::string& max_modified_date,
                               const std::string& where) {
  const bool all_ideal = std::all_of(component.atoms.begin(), component.atoms.end(),
                                     [](const chem::ComponentAtom& atom) { return atom.ideal.has_value(); });
  const std::string& date = component.modified_date;
  const bool dated = !date.empty() && date != "?";
  const bool use_model = !all_ideal && dated && date < max_modified_date;
  OwnCoordinates own;
  for (const chem::ComponentAtom& atom : component.atoms) {
    const auto& position = use_model ? atom.model : atom.ideal;
    own.all_known = own.all_known && position;
    own.atoms.push_back({atom.name, position.value_or(std::array<float, 3>{}),
                         chem::atomic_number(atom.element), charge_of(atom, where)});
  }
  return own;
}

std::string place(const Structure& structure, const Token& token) {
  return "chain " + chain_of(structure, token).id + ", residue " + std::to_string(token.residue + 1) + " (" +
         residue_of(structure, token).name + ")";
}

Error positions_unknown(const std::string& where, const chem::Component& component) {
  return Error(where,
               "the reference positions of " + component.id +
                   " are unknown: RDKit finds no conformer, and the component has no coordinates of its own. "
                   "Its atoms "
                   "have no frames, so that PAE, pTM and ipTM say nothing of it",
               "Define it in userCCD with ideal coordinates, or write its SMILES with other stereochemistry "
               "or charges.");
}

// What came of a conformer search.
struct Search {
  std::optional<chem::Conformer> conformer;
  bool timed_out = false;
};

Search search(const chem::Molecule& molecule, uint32_t seed, const ConformerSettings& settings) {
  Search result;
  if (settings.timeout)
    result.conformer =
        molecule.embed_within(*settings.timeout, seed, settings.max_iterations, result.timed_out);
  else
    result.conformer = molecule.embed(seed, settings.max_iterations);
  return result;
}

struct SlowSearch {
  std::string what;
  Stopwatch watch;
  double next_told;  // seconds
};

// Tells of searches that take long, while it lives.
class SlowSearches {
 public:
  SlowSearches() : watcher_([this](const std::stop_token& stop) { watch(stop); }) {}

  // The search for `what` runs as long as the result lives.
  class Running {
   public:
    Running(SlowSearches& owner, std::string what) : owner_(owner) {
      const std::lock_guard lock(owner.mutex_);
      entry_ = owner.running_.insert(owner.running_.end(), {std::move(what), {}, kFirstTold});
    }
    ~Running() {
      const std::lock_guard lock(owner_.mutex_);
      owner_.running_.erase(entry_);
    }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;

   private:
    SlowSearches& owner_;
    std::list<SlowSearch>::iterator entry_;
  };

 private:
  static constexpr double kFirstTold = 10;  // seconds; then after twice as many, and so on

  void watch(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (!changed_.wait_for(lock, stop, std::chrono::seconds(1), [&] { return stop.stop_requested(); })) {
      for (auto& search : running_) {
        if (search.watch.seconds() < search.next_told) continue;
        log_info("{}: its conformer search has taken {:.0f} s so far.", search.what, search.watch.seconds());
        search.next_told *= 2;
      }
    }
  }

  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::list<SlowSearch> running_;
  std::jthread watcher_;  // the last member: it uses the others
};

// The conformer of one residue, or else its component's coordinates, placed by the draw.
class ConformerMaker {
 public:
  ConformerMaker(const Structure& structure, MoleculeCache& molecules, const ConformerSettings& settings)
      : structure_(structure), molecules_(molecules), settings_(settings) {}

  void make(ReferenceResidue& result, const Draw& draw) {
    const Residue& residue = residue_of(structure_, result.token);
    const chem::Molecule* molecule = molecules_.find(residue);
    Search found;
    const std::string where = place(structure_, result.token);
    if (molecule && !molecules_.fails(residue, settings_)) {
      const SlowSearches::Running running(slow_, where);
      found = search(*molecule, draw.conformer_seed, settings_);
    }
    result.atoms =
        found.conformer ? from_conformer(*found.conformer) : own_atoms(residue, found.timed_out, where);
    augment(result.atoms, draw);
    const std::lock_guard lock(mutex_);
    if (molecule && !found.conformer) failed_.emplace_back(&residue, found.timed_out);
  }

  // Keeps the failures of the searches so far for those to come.
  void keep_failures() {
    for (const auto& [residue, timed_out] : failed_) molecules_.note_failure(*residue, settings_, timed_out);
    failed_.clear();
  }

 private:
  std::vector<ReferenceAtom> own_atoms(const Residue& residue, bool timed_out, const std::string& where) {
    OwnCoordinates own = own_coordinates(*residue.component, settings_.max_modified_date, where);
    const std::lock_guard lock(mutex_);
    if (timed_out)
      log_warning(
          "{}: no conformer within --conformer_timeout={}; the component's ideal coordinates serve instead.",
          where, *settings_.timeout);
    if (!own.all_known && molecules_.is_new_to_tell(residue))
      log_warning("warning: {}", positions_unknown(where, *residue.component).what());
    return std::move(own.atoms);
  }

  const Structure& structure_;
  MoleculeCache& molecules_;
  const ConformerSettings& settings_;
  std::mutex mutex_;
  std::vector<std::pair<const Residue*, bool>> failed_;  // and whether the time was over
  SlowSearches slow_;
};

// The residues of which conformers are wanted: the first of every component, larger ones before smaller ones, and the
// others.
struct Order {
  std::vector<size_t> first, others;
};

Order order_of(const Structure& structure, const std::vector<ReferenceResidue>& residues, bool ligands_only) {
  Order order;
  std::set<const chem::Component*> seen;
  for (size_t i = 0; i < residues.size(); ++i) {
    const Token& token = residues[i].token;
    if (ligands_only && chain_of(structure, token).type != chem::ChainType::ligand) continue;
    const bool is_first = seen.insert(residue_of(structure, token).component).second;
    (is_first ? order.first : order.others).push_back(i);
  }
  const auto size = [&](size_t i) {
    return residue_of(structure, residues[i].token).component->atoms.size();
  };
  std::stable_sort(order.first.begin(), order.first.end(),
                   [&](size_t a, size_t b) { return size(a) > size(b); });
  return order;
}

}  // namespace

const ReferenceAtom* ReferenceResidue::find(const std::string& name) const {
  const auto found =
      std::find_if(atoms.begin(), atoms.end(), [&](const ReferenceAtom& atom) { return atom.name == name; });
  return found == atoms.end() ? nullptr : &*found;
}

MoleculeCache::MoleculeCache(const Structure& structure, std::optional<fs::path> failures)
    : failures_(std::move(failures)) {
  for (const StructureChain& chain : structure.chains) {
    for (const Residue& residue : chain.residues) {
      if (by_component_.contains(residue.component)) continue;
      by_component_[residue.component] =
          chain.molecule ? chain.molecule : chem::Molecule::from_component(*residue.component);
    }
  }
}

const chem::Molecule* MoleculeCache::find(const Residue& residue) const {
  return by_component_.at(residue.component).get();
}

namespace {

std::string search_text(const chem::Molecule& molecule, const ConformerSettings& settings) {
  return fmt::format("{}|iterations {}|seconds {}", molecule.identity(), settings.max_iterations.value_or(-1),
                     settings.timeout.value_or(0));
}

}  // namespace

bool MoleculeCache::fails(const Residue& residue, const ConformerSettings& settings) const {
  return failures_.contains(search_text(*find(residue), settings));
}

// How long a search takes depends on what else the machine does: what was too long is not kept for later runs.
void MoleculeCache::note_failure(const Residue& residue, const ConformerSettings& settings, bool timed_out) {
  const std::string text = search_text(*find(residue), settings);
  if (timed_out)
    failures_.add_for_now(text);
  else
    failures_.add(text, residue.name + ": no conformer found");
}

std::vector<ReferenceResidue> reference_conformers(const Structure& structure, const Tokens& tokens,
                                                   MoleculeCache& molecules,
                                                   const ConformerSettings& settings, ThreadPool& pool) {
  random::NumpyRandomState random(settings.seed);
  std::vector<ReferenceResidue> residues;
  std::vector<Draw> draws;
  for (const Token& token : tokens.tokens) {
    if (!residues.empty() && residues.back().token.same_residue(token)) continue;
    residues.push_back({token, {}});
    draws.push_back(draw(random, molecules.find(residue_of(structure, token)) != nullptr));
  }
  const Order order = order_of(structure, residues, settings.ligands_only);
  ConformerMaker maker(structure, molecules, settings);
  const auto make = [&](const std::vector<size_t>& part) {
    pool.run(static_cast<int64_t>(part.size()), [&](int64_t task, int) {
      const size_t i = part[static_cast<size_t>(task)];
      maker.make(residues[i], draws[i]);
    });
  };
  make(order.first);
  maker.keep_failures();
  make(order.others);
  return residues;
}

void check_reference_positions(const Structure& structure, const ConformerSettings& settings,
                               Findings& found) {
  MoleculeCache molecules(structure);
  for (const StructureChain& chain : structure.chains) {
    for (size_t i = 0; i < chain.residues.size(); ++i) {
      const Residue& residue = chain.residues[i];
      if (!molecules.is_new_to_tell(residue)) continue;
      const std::string where = fmt::format("chain {}, residue {} ({})", chain.id, i + 1, residue.name);
      if (own_coordinates(*residue.component, settings.max_modified_date, where).all_known) continue;
      const chem::Molecule* molecule = molecules.find(residue);
      if (!molecule || !search(*molecule, settings.seed, settings).conformer)
        found.warnings.push_back(positions_unknown(where, *residue.component));
    }
  }
}

void fill_reference(const Structure& structure, const Tokens& tokens,
                    const std::vector<ReferenceResidue>& residues, Batch& batch) {
  const int64_t n = tokens.size();
  batch.ref_pos = Tensor<float>({n, kAtomSlots, 3});
  batch.ref_mask = Tensor<uint8_t>({n, kAtomSlots});
  batch.ref_element = Tensor<int32_t>({n, kAtomSlots});
  batch.ref_charge = Tensor<float>({n, kAtomSlots});
  batch.ref_atom_name_chars = Tensor<int32_t>({n, kAtomSlots, static_cast<int64_t>(chem::kLongestAtomName)});
  batch.ref_space_uid = Tensor<int32_t>({n, kAtomSlots});
  int32_t space = -1;
  for (int64_t t = 0; t < n; ++t) {
    if (space < 0 || !residues[space].token.same_residue(tokens.tokens[t])) ++space;
    const ReferenceResidue& reference = residues[space];
    for (int64_t slot = 0; slot < kAtomSlots; ++slot) {
      batch.ref_space_uid(t, slot) = space;
      const AtomId& id = tokens.atoms.atoms[t * kAtomSlots + slot];
      if (id.blank()) continue;
      const ReferenceAtom* atom = reference.find(id.name);
      if (!atom) {
        log_warning("{}: the reference conformer has no atom {}", place(structure, tokens.tokens[t]),
                    id.name);
        continue;
      }
      std::copy(atom->position.begin(), atom->position.end(), &batch.ref_pos(t, slot));
      batch.ref_mask(t, slot) = 1;
      batch.ref_element(t, slot) = atom->element;
      batch.ref_charge(t, slot) = static_cast<float>(atom->charge);
      for (size_t c = 0; c < atom->name.size(); ++c) {
        batch.ref_atom_name_chars(t, slot, c) = atom->name[c] - 32;
      }
    }
  }
}

}  // namespace pleat::featurise
